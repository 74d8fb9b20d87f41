namespace ResearchFreeze.Autograd;

/// <summary>Notices a training loop without scopes: handles that no scope will dispose pile up from one backward pass to the next.</summary>
internal sealed class ScopeWatch
{
    private const int Passes = 2;
    private long alive;
    private long aliveAtLastPass;
    private int risingPasses;
    private bool warned;

    // Handles are made and disposed on any thread.
    public void Made() => Interlocked.Increment(ref alive);

    public void Gone() => Interlocked.Decrement(ref alive);

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
