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

/// <summary>Notices a training loop without scopes: handles that no scope will dispose pile up from one backward pass to the next.</summary>
internal sealed class ScopeWatch
{
    private const int Passes = 16;
    private long alive;
    private long aliveAtLastPass;
    private int risingPasses;
    private bool warned;

    public void Made() => alive++;

    public void Gone() => alive--;

    /// <summary>Called once a backward pass; warns once when the handles left over rose in each of the last passes.</summary>
    public void BackwardDone(Device device)
    {
        risingPasses = alive > aliveAtLastPass ? risingPasses + 1 : 0;
        aliveAtLastPass = alive;
        if (risingPasses < Passes || warned) return;
        warned = true;
        device.Warn($"{alive} tensors are alive that no scope will dispose, more after each of the last {Passes} backward passes; write 'using var scope = new Scope();' at the top of the training step.");
    }
}
