namespace ResearchFreeze.Evaluation;

/// <summary>
/// How far a score is from knowing the answer. A series is one unit (or prefix) of one run; a threshold freezes it at the first step of the grid at which its score is not above the threshold, or never. What it saved counts, if its price
/// was within the budget; else nothing does. One threshold serves all series. The oracle freezes each at the step that saves most within the budget.
/// </summary>
/// <param name="Budget">What a freeze may cost, in nats.</param>
/// <param name="Oracle">What the oracle saves, as a part of full training's operations: the mean over all series.</param>
/// <param name="Saved">What the score's best threshold saves.</param>
/// <param name="Threshold">That threshold; negative infinity: none saves anything.</param>
/// <param name="Overpaid">How many series it freezes at a price above the budget.</param>
public sealed record AtlasRegret(double Budget, double Oracle, double Saved, double Threshold, int Overpaid)
{
    /// <summary>The budgets where none are given, in nats.</summary>
    public static IReadOnlyList<double> DefaultBudgets { get; } = [0.003, 0.01, 0.03];

    /// <summary>What the oracle saves more.</summary>
    public double Regret => Oracle - Saved;

    /// <summary>A score's regret at a budget.</summary>
    /// <param name="series">The series' cells in the order of their steps, with a score each; NaN: no opinion.</param>
    /// <param name="budget">What a freeze may cost.</param>
    public static AtlasRegret Of(IReadOnlyList<IReadOnlyList<AtlasPoint>> series, double budget)
    {
        ArgumentNullException.ThrowIfNull(series);
        if (series.Count == 0) throw new ArgumentException("Atlas: there are no cells to score.");
        double oracle = series.Sum(cells => cells.Where(cell => cell.Price <= budget).Select(cell => cell.Saved).Append(0).Max()) / series.Count;
        var best = new AtlasRegret(budget, oracle, 0, double.NegativeInfinity, 0);
        // Ascending: of thresholds that save as much, the one that freezes least.
        foreach (double threshold in series.SelectMany(cells => cells).Select(cell => cell.Score).Where(double.IsFinite).Distinct().Order())
        {
            AtlasPoint[] chosen = [.. series.Select(cells => cells.FirstOrDefault(cell => cell.Score <= threshold)).OfType<AtlasPoint>()];
            double saved = chosen.Where(cell => cell.Price <= budget).Sum(cell => cell.Saved) / series.Count;
            if (saved > best.Saved) best = new AtlasRegret(budget, oracle, saved, threshold, chosen.Count(cell => cell.Price > budget));
        }
        return best;
    }
}
