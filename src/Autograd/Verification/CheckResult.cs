namespace ResearchFreeze.Autograd;

/// <summary>What one check of a device found.</summary>
/// <param name="Name">What was checked.</param>
/// <param name="Cases">How many cases: calls of a primitive, drawn cases of an operation, steps of a network.</param>
/// <param name="Error">The largest error in units of what is allowed, 1 being just allowed; null where a check yields none.</param>
/// <param name="Failure">What was expected and what was found, in one line; null where all is within tolerance.</param>
/// <param name="Seconds">Wall time on the device, first use of kernels (their compilation) included.</param>
public sealed record CheckResult(string Name, int Cases, double? Error, string? Failure, double Seconds)
{
    /// <summary>The wall time of the same work again, when every kernel had been compiled; null where a check does its work once.</summary>
    public double? SecondsAgain { get; init; }

    /// <summary>Whether everything is within tolerance.</summary>
    public bool IsGood => Failure is null;

    /// <summary>Runs a check; what it throws is its failure, so that one broken kernel does not hide the others.</summary>
    /// <param name="name">What is checked.</param>
    /// <param name="check">Gives the number of cases, the largest error and what is wrong.</param>
    public static CheckResult Of(string name, Func<(int Cases, double? Error, string? Failure)> check)
    {
        ArgumentNullException.ThrowIfNull(check);
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        try
        {
            (int cases, double? error, string? failure) = check();
            return new CheckResult(name, cases, error, failure, Elapsed());
        }
        catch (Exception e)
        {
            Exception cause = e is VerificationException ? e : e.GetBaseException();
            string message = string.Join(' ', cause.Message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries));
            return new CheckResult(name, 0, null, e is VerificationException ? message : $"{cause.GetType().Name}: {message}", Elapsed());
        }

        double Elapsed() => System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
