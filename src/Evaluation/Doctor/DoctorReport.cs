namespace ResearchFreeze.Evaluation;

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
