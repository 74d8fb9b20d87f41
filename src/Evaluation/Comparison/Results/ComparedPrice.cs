namespace ResearchFreeze.Evaluation;

/// <summary>What a method's freezes were expected to cost, beside what they cost: the mean over the seeds of <see cref="Training.RunSummary.ExpectedLoss"/>, and the difference of the test loss from full training's.</summary>
/// <param name="Method">The method.</param>
/// <param name="Expected">In the loss's unit.</param>
/// <param name="Paid">Method minus full training, of the same seeds.</param>
public sealed record ComparedPrice(string Method, double Expected, PairedDifference Paid)
{
    /// <summary>Paid over expected.</summary>
    public double Ratio => Paid.Mean / Expected;

    /// <summary>Of those methods whose rule has said what freezes are expected to cost.</summary>
    internal static IReadOnlyList<ComparedPrice> Of(IEnumerable<ComparedSeries> methods, ComparedSeries reference)
    {
        var prices = new List<ComparedPrice>();
        foreach (ComparedSeries method in methods)
        {
            ComparedRun[] priced = [.. method.Counted.Where(run => run.Summary!.ExpectedLoss is not null && reference.Of(run.Plan.Seed) is not null)];
            if (priced.Length > 0) prices.Add(new ComparedPrice(method.Name, priced.Average(run => run.Summary!.ExpectedLoss!.Value), PairedDifference.Of([.. priced.Select(run => run.Loss - reference.Of(run.Plan.Seed)!.Loss)])));
        }
        return prices;
    }
}
