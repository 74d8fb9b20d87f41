namespace ResearchFreeze.Autograd;

/// <summary>A primitive's call: the device is its thread's until it ends.</summary>
internal readonly ref struct HeldCall(DeviceHold hold)
{
    /// <summary>The call has ended.</summary>
    public void Dispose() => hold.Exit();
}
