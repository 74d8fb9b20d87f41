using ResearchFreeze.Evaluation;
using ResearchFreeze.Tests.Training;

namespace ResearchFreeze.Tests.Plots;

/// <summary>
/// The data set of an atlas of units a, b and head, prefixes of one and two at steps 4 and 8 of 16. Predicted by <c>debt</c>, paid, and the largest drift: a at 4: 0.01, 0.005, 0.1; a and b at 4: 0.03, 0.03, 0.5; a at 8: 0.004, −0.002, −0.1;
/// a and b at 8: 0.006, 0.009, 0.1. <c>mine</c> knows prices of a alone: 0.005 and 0.001.
/// </summary>
internal static class HandWrittenAtlas
{
    private static readonly double[,] Debt = { { 0.01, 0.02 }, { 0.004, 0.002 } }, Drift = { { 0.1, 0.5 }, { -0.1, 0.1 } }, Paid = { { 0.005, 0.03 }, { -0.002, 0.009 } };

    public static string Write(TemporaryFolder folder, ulong seed = 1, bool prices = true)
    {
        string at = Directory.CreateDirectory(Path.Combine(folder.Root, $"atlas-{seed}")).FullName;
        var plan = new AtlasPlan
        {
            Run = "full",
            Model = "mlp",
            Data = "images",
            Seed = seed,
            Optimizer = "sgd",
            LearningRate = 0.1f,
            Schedule = "cosine",
            Batch = 8,
            Steps = 16,
            Primary = "accuracy",
            Checks = 8,
            Kind = AtlasPlan.Prefixes,
            Units = ["a", "b", "head"],
            Targets = [0, 1],
            At = [4, 8],
        };
        plan.Write(at);
        AtlasTable.Write(at, [.. plan.Cells.Select(cell => new AtlasRow("full", seed, plan.Kind, cell.Unit, plan.Units[cell.Unit], cell.Step, 16, 0.5 + Paid[(cell.Step / 4) - 1, cell.Unit], 0.8, 0.5, 0.8, 0.5, 0.5, 60, 100))]);
        AtlasStatistics.Write(at, [.. new[] { 4, 8 }.SelectMany(step => new[] { 0, 1 }.Select(unit => new AtlasScore("full", seed, unit, plan.Units[unit], step, 16, Values((step / 4) - 1, unit, prices))))]);
        return at;
    }

    private static Dictionary<string, double> Values(int step, int unit, bool prices)
    {
        var values = new Dictionary<string, double>(StringComparer.Ordinal) { ["drift"] = Drift[step, unit], ["debt"] = Debt[step, unit] };
        if (prices) values["price.debt"] = Debt[step, unit];
        if (prices && unit == 0) values["price.mine"] = step == 0 ? 0.005 : 0.001;
        return values;
    }
}
