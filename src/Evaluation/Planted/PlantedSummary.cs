namespace ResearchFreeze.Evaluation;

/// <summary>Runs of one policy on a family of planted tasks, taken together.</summary>
/// <param name="Runs">How many.</param>
/// <param name="Precision">The mean over the runs in which something is frozen at the end; NaN: nothing was frozen in any.</param>
/// <param name="Recall">The mean over the runs in which something is finished; NaN: in none.</param>
/// <param name="PrefixRecall">The same of the longest finished prefix.</param>
/// <param name="Delay">Steps, the mean over the runs in which a finished unit is frozen at the end; NaN: in none.</param>
/// <param name="WrongFreezes">All of them.</param>
/// <param name="Thaws">All of them.</param>
/// <param name="ExcessLoss">The mean.</param>
public sealed record PlantedSummary(int Runs, double Precision, double Recall, double PrefixRecall, double Delay, int WrongFreezes, int Thaws, double ExcessLoss)
{
    /// <summary>Takes runs together.</summary>
    public static PlantedSummary Of(IReadOnlyList<PlantedRun> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        CriterionScore[] scores = [.. runs.Select(run => run.Score)];
        return new PlantedSummary(
            runs.Count, Mean(scores.Select(score => score.Precision)), Mean(scores.Select(score => score.Recall)), Mean(runs.Select(run => run.PrefixScore.Recall)), Mean(scores.Select(score => score.Delay)),
            scores.Sum(score => score.WrongFreezes), scores.Sum(score => score.Thaws), Mean(runs.Select(run => run.ExcessLoss)));
    }

    /// <summary>The mean of those that are numbers; NaN where none is.</summary>
    private static double Mean(IEnumerable<double> values) => values.Where(value => !double.IsNaN(value)).DefaultIfEmpty(double.NaN).Average();
}
