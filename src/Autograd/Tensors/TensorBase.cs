namespace ResearchFreeze.Autograd;

/// <summary>
/// A handle on a contiguous, row-major run of device memory. It holds one reference; every operation returns a new handle, also identity ones, so whoever gets a handle may
/// dispose it. <see cref="Dispose"/> is idempotent. A handle made inside a <see cref="Scope"/> is disposed with it.
/// </summary>
public abstract class TensorBase : IDisposable
{
    private readonly TensorRange range;
    private Scope? scope;
    private readonly int scopeSlot;

    /// <summary>Takes over one reference to the storage.</summary>
    private protected TensorBase(TensorRange range, Shape shape, bool scoped)
    {
        this.range = range;
        Shape = shape;
        if (!scoped) return;
        scope = Scope.Current;
        if (scope is not null) scopeSlot = scope.Add(this);
        else range.Storage.Device.ScopeWatch.Made();
        IsUnscopedResult = scope is null;
    }

    /// <summary>The extents.</summary>
    public Shape Shape { get; }

    /// <summary>The device that holds the elements.</summary>
    public Device Device => range.Storage.Device;

    /// <summary>Whether the handle has been disposed.</summary>
    public bool IsDisposed { get; private set; }

    /// <summary>The elements, for primitives.</summary>
    /// <exception cref="ObjectDisposedException">The handle was disposed.</exception>
    public TensorRange Range
    {
        get
        {
            if (IsDisposed) throw new ObjectDisposedException(GetType().Name, $"Tensor {Shape} was disposed (by its scope, if not by hand).");
            return range;
        }
    }

    private bool IsUnscopedResult { get; set; }

    /// <summary>Takes the handle out of its scope: it lives until it is disposed. Returns itself.</summary>
    public TensorBase Detach()
    {
        scope?.Forget(scopeSlot);
        scope = null;
        if (IsUnscopedResult) Device.ScopeWatch.Gone();
        IsUnscopedResult = false;
        return this;
    }

    /// <summary>Releases the handle's reference.</summary>
    public void Dispose()
    {
        if (IsDisposed) return;
        Detach();
        IsDisposed = true;
        Released();
        range.Storage.Release();
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases what a kind of tensor holds besides its memory.</summary>
    private protected virtual void Released()
    {
    }

    /// <summary>Drops the tie to a scope that is being disposed, which forgets its list as a whole.</summary>
    internal void ScopeClosed()
    {
        scope = null;
        Dispose();
    }
}
