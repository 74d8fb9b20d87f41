namespace ResearchFreeze.Autograd;

/// <summary>
/// Which thread a device works for: from the outermost call's beginning to its end, be it a primitive, an operation, a backward pass or an optimizer's step. Memory, counters and graph nodes of a device are one for all calls,
/// so those of two threads may follow one another, but never overlap.
/// </summary>
internal sealed class DeviceHold(Device device)
{
    private int holder;     // a thread's id; 0: none
    private int depth;      // the holder's alone

    /// <summary>Takes the device for this thread, or once more if it has it.</summary>
    /// <exception cref="DeviceInUseException">Another thread has it.</exception>
    public void Enter()
    {
        if (!TryEnter()) throw new DeviceInUseException(
            $"{device.Name}: two threads call the device at once; let one call end before the next begins, or give each thread a device of its own.");
    }

    /// <summary>The same where that is no error: false if another thread has it.</summary>
    public bool TryEnter()
    {
        int me = Environment.CurrentManagedThreadId;
        // Nobody else writes this thread's id, so reading it needs no barrier.
        if (holder != me && Interlocked.CompareExchange(ref holder, me, 0) != 0) return false;
        depth++;
        return true;
    }

    /// <summary>Gives back what was taken last; with the outermost call, the device.</summary>
    public void Exit()
    {
        if (--depth == 0) Volatile.Write(ref holder, 0);
    }
}
