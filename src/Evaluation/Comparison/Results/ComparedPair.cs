namespace ResearchFreeze.Evaluation;

/// <summary>A method beside a reference, by one number on test data, paired by seed.</summary>
/// <param name="Method">The method.</param>
/// <param name="Reference">What it is held against.</param>
/// <param name="Endpoint"><c>loss</c>, or the primary metric; accuracy is in points.</param>
/// <param name="HigherIsBetter">Which way is better.</param>
/// <param name="Difference">Method minus reference.</param>
/// <param name="NonInferiority">Whether the method is no worse by a margin; null: the endpoint has no margin.</param>
/// <param name="P">The sign-flip test's probability; null: there are too few seeds.</param>
/// <param name="Adjusted">The same after Holm's adjustment for all pairs of the endpoint; null: there are too few seeds.</param>
/// <param name="SeedsNeeded">Seeds that would show non-inferiority, by these seeds' deviation; null: there is no margin, or one seed.</param>
public sealed record ComparedPair(string Method, string Reference, string Endpoint, bool HigherIsBetter, PairedDifference Difference, NonInferiority? NonInferiority, double? P, double? Adjusted, int? SeedsNeeded)
{
    /// <summary>The margin of accuracy, in points.</summary>
    public const double AccuracyMargin = 0.2;

    /// <summary>The margin of the loss, in nats: on small networks 0.2 points of accuracy go with it.</summary>
    public const double LossMargin = 0.006;

    /// <summary>The pairs of a comparison's series, for one endpoint.</summary>
    /// <param name="pairs">A method with its reference.</param>
    /// <param name="endpoint">What is compared.</param>
    /// <param name="higherIsBetter">Which way is better.</param>
    /// <param name="lossInNats">Whether the loss has a margin: a squared error has none that fits every target.</param>
    internal static IEnumerable<ComparedPair> Of(IEnumerable<(ComparedSeries Method, ComparedSeries Reference)> pairs, string endpoint, bool higherIsBetter, bool lossInNats = true)
    {
        double? margin = endpoint switch
        {
            "loss" when lossInNats => LossMargin,
            "accuracy" => AccuracyMargin,
            _ => null,
        };
        var found = new List<ComparedPair>();
        foreach ((ComparedSeries method, ComparedSeries reference) in pairs)
        {
            double[] differences = [.. method.Counted.Where(run => reference.Of(run.Plan.Seed) is not null).Select(run => Value(run, endpoint) - Value(reference.Of(run.Plan.Seed)!, endpoint)).Where(double.IsFinite)];
            if (differences.Length == 0) continue;
            var paired = PairedDifference.Of(differences);
            found.Add(new ComparedPair(
                method.Name, reference.Name, endpoint, higherIsBetter, paired, margin is { } most ? Evaluation.NonInferiority.Of(differences, most, higherIsBetter) : null,
                differences.Length >= SignFlip.LeastSeeds ? SignFlip.P(differences) : null, null, margin is { } limit && differences.Length > 1 ? SampleSize.Seeds(paired.Deviation, limit) : null));
        }
        ComparedPair[] tested = [.. found.Where(pair => pair.P is not null)];
        IReadOnlyList<double> adjusted = Holm.Adjusted([.. tested.Select(pair => pair.P!.Value)]);
        return found.Select(pair => pair.P is null ? pair : pair with { Adjusted = adjusted[Array.IndexOf(tested, pair)] });
    }

    private static double Value(ComparedRun run, string endpoint) => endpoint switch
    {
        "loss" => run.Loss,
        "accuracy" => 100 * run.Primary,
        _ => run.Primary,
    };
}
