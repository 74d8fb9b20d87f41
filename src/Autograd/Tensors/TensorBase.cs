namespace ResearchFreeze.Autograd;

/// <summary>
/// A handle on a contiguous, row-major run of device memory. It holds one reference; every operation returns a new handle, also identity ones, so whoever gets a handle may
/// dispose it. <see cref="Dispose"/> is idempotent. A handle made inside a <see cref="Scope"/> is disposed with it.
/// </summary>
public abstract class TensorBase : IDisposable
{
    private const int Disposed = 1, UnscopedResult = 2, FlagBits = 2;
    private TensorRange range;
    private Scope? scope;
    private int scopeSlot;

    // A unit's number and two flags in one word: a step makes dozens of handles, and a field more would make each eight bytes larger.
    private int state;

    /// <summary>Takes over one reference to the storage.</summary>
    private protected TensorBase(TensorRange range, Shape shape, bool scoped) => Open(range, shape, scoped);

    /// <summary>Makes a disposed handle one on other memory, of which it takes over a reference: for handles that nobody but their owner has.</summary>
    private protected void Open(TensorRange other, Shape shape, bool scoped)
    {
        (range, Shape, state) = (other, shape, 0);
        if (!scoped) return;
        scope = Scope.Current;
        if (scope is not null) scopeSlot = scope.Add(this);
        else range.Storage.Device.ScopeWatch.Made();
        IsUnscopedResult = scope is null;
    }

    /// <summary>The extents.</summary>
    public Shape Shape { get; private set; }

    /// <summary>The device that holds the elements.</summary>
    public Device Device => range.Storage.Device;

    /// <summary>Whether the handle has been disposed.</summary>
    public bool IsDisposed
    {
        get => (state & Disposed) != 0;
        private set => Set(Disposed, value);
    }

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

    /// <summary>The unit whose work made this tensor; 0: none. Work on it that has no parameter is the unit's too.</summary>
    internal int Unit
    {
        get => state >> FlagBits;
        private protected set => state = (value << FlagBits) | (state & ((1 << FlagBits) - 1));
    }

    private bool IsUnscopedResult
    {
        get => (state & UnscopedResult) != 0;
        set => Set(UnscopedResult, value);
    }

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

    private void Set(int flag, bool value) => state = value ? state | flag : state & ~flag;
}
