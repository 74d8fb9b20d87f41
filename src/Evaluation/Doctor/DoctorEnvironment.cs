using ResearchFreeze.Autograd;

namespace ResearchFreeze.Evaluation;

/// <summary>Where a doctor's report comes from.</summary>
public sealed record DoctorEnvironment
{
    /// <summary>The library's version.</summary>
    public required string Version { get; init; }

    /// <summary>The .NET runtime.</summary>
    public required string Runtime { get; init; }

    /// <summary>The operating system and its architecture.</summary>
    public required string System { get; init; }

    /// <summary>Processors of the host.</summary>
    public required int Processors { get; init; }

    /// <summary>The widest SIMD level of the host.</summary>
    public required string Simd { get; init; }

    /// <summary>The device under test, by the name that picks it.</summary>
    public required string Device { get; init; }

    /// <summary>What it is.</summary>
    public required string Description { get; init; }

    /// <summary>What it rounds the operands of products to.</summary>
    public string Precision { get; init; } = "float32";

    /// <summary>What its driver says.</summary>
    public required DeviceFacts Facts { get; init; }

    /// <summary>What <c>auto</c> picks here, and why.</summary>
    public required (string Name, string Reason) Auto { get; init; }

    /// <summary>Every device there is, usable or not, with the reason.</summary>
    public required IReadOnlyList<DeviceChoice> Devices { get; init; }
}
