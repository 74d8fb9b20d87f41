namespace ResearchFreeze.Autograd;

/// <summary>What a driver says about a device, as far as it says it; null is unknown.</summary>
public sealed record DeviceFacts
{
    /// <summary>The driver's version, in its words.</summary>
    public string? Driver { get; init; }

    /// <summary>What kind of processor it is, in its maker's words: <c>sm_90</c>.</summary>
    public string? Architecture { get; init; }

    /// <summary>ILGPU's version, where ILGPU drives the device.</summary>
    public string? Ilgpu { get; init; }

    /// <summary>Bytes of memory.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Operations a second that products in the device's precision cannot exceed: processors times lanes, or multiplications of tensor cores, times two times clock.</summary>
    public double? FlopsPerSecond { get; init; }

    /// <summary>Bytes a second that its memory cannot exceed: bus width times clock times two.</summary>
    public double? BytesPerSecond { get; init; }

    /// <summary>The facts of a device.</summary>
    public static DeviceFacts Of(Device device) => device is GpuDevice gpu ? gpu.Facts() : new DeviceFacts();
}
