using System.Globalization;
using System.Text.Json.Nodes;

namespace ResearchFreeze.Peers;

/// <summary>A training step to compare, and the ratio that it must and should reach.</summary>
internal sealed record StepCase(string Model, int Batch, bool IsHalfFrozen, double Must, double Aim);

/// <summary>
/// Training steps of ours and of TorchSharp, in turn. Beside the ratio stands the one that our machine's bound would have: peak and bandwidth alone, with the definition's operations. Only 3×3 convolutions can go below it.
/// </summary>
internal static class StepComparison
{
    private const double TurnMilliseconds = 250;

    /// <summary>What the project promises.</summary>
    public static readonly StepCase[] Promised =
    [
        new("mlp:784,512,512,512,10", 128, false, 0.60, 0.40),
        new("cnn", 128, false, 0.60, 0.40),
        new("resnet:20", 128, false, 0.50, 0.25),
        new("mlp:784,512,512,512,10", 128, true, 0.70, 0.50),
        new("cnn", 128, true, 0.70, 0.50),
        new("resnet:20", 128, true, 0.70, 0.50),
        new("mlp:64,64,10", 32, false, 0.50, 0.25),
    ];

    /// <summary>Runs the cases and prints a line as each is done.</summary>
    public static JsonArray Run(IEnumerable<StepCase> cases, int threads, int rounds)
    {
        Console.WriteLine("step                        batch  frozen      ours ms  TorchSharp ms   ratio  rounds           must   aim  bound");
        var rows = new JsonArray();
        foreach (StepCase one in cases)
        {
            int units = UnitsOf(one.Model, threads), frozen = one.IsHalfFrozen ? units / 2 : 0;
            using var ours = new OurStep(one.Model, one.Batch, threads, frozen);
            using var theirs = new TorchStep(one.Model, one.Batch, frozen);
            Comparison result = Turns.Run(ours.Step, theirs.Step, rounds, TurnMilliseconds);
            double bound = ours.BoundMilliseconds();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{one.Model,-26}  {one.Batch,5}  {frozen,3}/{units,-3}  {result.Ours,10:F3}  {result.Theirs,13:F3}  {result.Ratio,6:F2}  {result.Lowest,5:F2} to {result.Highest,-5:F2}  {Target(one.Must)}  {Target(one.Aim)}   {bound / result.Theirs,4:F2}"));
            JsonObject row = Row(result);
            (row["boundMilliseconds"], row["boundRatio"]) = (Math.Round(bound, 4), Math.Round(bound / result.Theirs, 3));
            (row["model"], row["batch"], row["frozenUnits"], row["units"]) = (one.Model, one.Batch, frozen, units);
            if (!double.IsNaN(one.Must)) (row["must"], row["aim"]) = (one.Must, one.Aim);
            rows.Add(row);
        }
        return rows;
    }

    /// <summary>A comparison as JSON.</summary>
    public static JsonObject Row(Comparison result) => new()
    {
        ["oursMilliseconds"] = Math.Round(result.Ours, 4),
        ["torchSharpMilliseconds"] = Math.Round(result.Theirs, 4),
        ["ratio"] = Math.Round(result.Ratio, 3),
        ["lowestRound"] = Math.Round(result.Lowest, 3),
        ["highestRound"] = Math.Round(result.Highest, 3),
    };

    private static int UnitsOf(string model, int threads)
    {
        using var one = new OurStep(model, 1, threads, 0);
        return one.Units;
    }

    private static string Target(double value) => double.IsNaN(value) ? "   -" : value.ToString("F2", CultureInfo.InvariantCulture);
}
