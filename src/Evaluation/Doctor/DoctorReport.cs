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

    /// <summary>What its driver says.</summary>
    public required DeviceFacts Facts { get; init; }

    /// <summary>What <c>auto</c> picks here, and why.</summary>
    public required (string Name, string Reason) Auto { get; init; }

    /// <summary>Every device there is, usable or not, with the reason.</summary>
    public required IReadOnlyList<DeviceChoice> Devices { get; init; }
}

/// <summary>One check of a section.</summary>
/// <param name="Section"><c>primitives</c>, <c>operations</c> or <c>networks</c>.</param>
/// <param name="Result">What it found.</param>
public sealed record DoctorCheck(string Section, CheckResult Result);

/// <summary>A measured rate or time; it never decides whether a device is good, but what throws while it is measured does.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Value">The figure; null where it could not be measured.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Limit">What the device cannot exceed, in the same unit; null: unknown.</param>
/// <param name="Failure">What measuring threw, in one line; null: nothing.</param>
public sealed record DoctorRate(string Name, double? Value, string Unit, double? Limit, string? Failure);

/// <summary>What <see cref="Doctor"/> found.</summary>
/// <param name="Environment">Where.</param>
/// <param name="Checks">Everything that was compared.</param>
/// <param name="Rates">Everything that was timed.</param>
/// <param name="Seconds">Wall time of it all.</param>
public sealed record DoctorReport(DoctorEnvironment Environment, IReadOnlyList<DoctorCheck> Checks, IReadOnlyList<DoctorRate> Rates, double Seconds)
{
    /// <summary>Names and messages of what is out of tolerance or threw.</summary>
    public IReadOnlyList<(string Name, string Failure)> Failures =>
    [
        .. Checks.Where(check => !check.Result.IsGood).Select(check => ($"{check.Section}, {check.Result.Name}", check.Result.Failure!)),
        .. Rates.Where(rate => rate.Failure is not null).Select(rate => ($"rates, {rate.Name}", rate.Failure!)),
    ];

    /// <summary>Whether nothing is out of tolerance and nothing threw.</summary>
    public bool IsGood => Failures.Count == 0;
}
