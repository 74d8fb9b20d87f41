namespace ResearchFreeze.Autograd;

/// <summary>
/// The net under a training step: <c>using var step = new Scope();</c> disposes every handle made on this thread since, unless it was disposed or detached before.
/// Parameters, gradients, buffers and optimizer state are never scoped. Scopes nest; they are closed innermost first.
/// </summary>
public sealed class Scope : IDisposable
{
    [ThreadStatic]
    private static Scope? current;

    [ThreadStatic]
    private static List<TensorBase?>? spareList;   // one list a thread is enough for a loop of steps to allocate none

    private readonly Scope? outer;
    private readonly List<TensorBase?> handles;
    private bool disposed;

    /// <summary>Opens a scope on this thread.</summary>
    public Scope()
    {
        outer = current;
        handles = spareList ?? new List<TensorBase?>(64);
        spareList = null;
        current = this;
    }

    /// <summary>The innermost open scope of this thread.</summary>
    internal static Scope? Current => current;

    /// <summary>Moves a handle to the scope around this one (or out of any), so that it survives this scope. Returns it.</summary>
    public T Keep<T>(T tensor)
        where T : TensorBase
    {
        ArgumentNullException.ThrowIfNull(tensor);
        tensor.Detach();
        return tensor;
    }

    /// <summary>Disposes what was made inside.</summary>
    public void Dispose()
    {
        if (disposed) return;
        if (current != this) throw new InvalidOperationException("Scope: closed while a scope inside it is open, or on another thread.");
        disposed = true;
        current = outer;
        for (int i = handles.Count - 1; i >= 0; i--) handles[i]?.ScopeClosed();
        handles.Clear();
        spareList = handles;
    }

    internal int Add(TensorBase tensor)
    {
        handles.Add(tensor);
        return handles.Count - 1;
    }

    internal void Forget(int slot) => handles[slot] = null;
}
