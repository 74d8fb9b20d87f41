namespace ResearchFreeze.Autograd;

/// <summary>A device that a driver on this machine offers.</summary>
/// <param name="Name">What picks it: <c>opencl:0</c>, <c>cuda:0</c>.</param>
/// <param name="Description">What it is, for people.</param>
/// <param name="IsUsable">Whether a <see cref="GpuDevice"/> can be made of it.</param>
/// <param name="Reason">Why it cannot be used, or what is to be known about using it; empty where there is nothing to say.</param>
public sealed record GpuDeviceDescription(string Name, string Description, bool IsUsable, string Reason)
{
    /// <summary>One line.</summary>
    public override string ToString() => $"{Name} ({Description}){(Reason.Length > 0 ? $": {Reason}" : "")}";
}
