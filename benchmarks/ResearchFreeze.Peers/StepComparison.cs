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
    private const double MostLossDistance = 1e-4;

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
        new("transformer:128,4,4,64", 32, false, 0.50, 0.30),
        new("transformer:128,4,4,64", 32, true, 0.50, double.NaN),
    ];

    /// <summary>What it promises about any folder with a model of MiniLM's size.</summary>
    private static readonly StepCase[] MiniLm = [new("bert", 32, false, 0.60, 0.45), new("bert", 32, true, 0.60, double.NaN)];

    /// <summary>A case with its promise, if there is one.</summary>
    public static StepCase Named(string model, int batch, bool isHalfFrozen)
    {
        bool isMiniLm = TransformerPlan.IsPlan(model) && TransformerPlan.Parse(model).Plan.IsMiniLm;
        StepCase? promise = (isMiniLm ? MiniLm : Promised).FirstOrDefault(one => (isMiniLm || one.Model == model) && one.Batch == batch && one.IsHalfFrozen == isHalfFrozen);
        return (promise ?? new StepCase(model, batch, isHalfFrozen, double.NaN, double.NaN)) with { Model = model };
    }

    /// <summary>Runs the cases and prints a line as each is done.</summary>
    public static JsonArray Run(IEnumerable<StepCase> cases, int threads, int rounds)
    {
        Console.WriteLine("step                        batch  frozen      ours ms  TorchSharp ms   ratio  rounds           must   aim  bound");
        var rows = new JsonArray();
        foreach (StepCase one in cases)
        {
            string name = TransformerPlan.NameOf(one.Model);
            int units = UnitsOf(one.Model, threads), frozen = one.IsHalfFrozen ? units / 2 : 0;
            using var ours = new OurStep(one.Model, one.Batch, threads, frozen);
            using TorchStep theirs = TorchStep.Create(one.Model, one.Batch, frozen);
            double? distance = FirstLosses(name, ours, theirs);
            Comparison result = Turns.Run(ours.Step, theirs.Step, rounds, TurnMilliseconds);
            double bound = ours.BoundMilliseconds();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{name,-26}  {one.Batch,5}  {frozen,3}/{units,-3}  {result.Ours,10:F3}  {result.Theirs,13:F3}  {result.Ratio,6:F2}  {result.Lowest,5:F2} to {result.Highest,-5:F2}  {Target(one.Must)}  {Target(one.Aim)}   {bound / result.Theirs,4:F2}"));
            JsonObject row = Row(result);
            (row["boundMilliseconds"], row["boundRatio"]) = (Math.Round(bound, 4), Math.Round(bound / result.Theirs, 3));
            (row["model"], row["batch"], row["frozenUnits"], row["units"]) = (name, one.Batch, frozen, units);
            if (!double.IsNaN(one.Must)) row["must"] = one.Must;
            if (!double.IsNaN(one.Aim)) row["aim"] = one.Aim;
            if (distance is not null) row["firstLossDistance"] = distance;
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

    /// <summary>Where theirs takes our weights and batch: how far apart the losses are before the first step, relative to ours; null: it has its own. Outputs are held to the same, as a loss near the logarithm of the classes says little.</summary>
    private static double? FirstLosses(string model, OurStep ours, TorchStep theirs)
    {
        if (theirs is not TorchTokenStep tokens) return null;
        ((double[] Outputs, double Loss) mine, (double[] Outputs, double Loss) other) = (ours.Now(), tokens.Take(ours));
        double loss = Math.Abs(mine.Loss - other.Loss) / Math.Abs(mine.Loss), outputs = mine.Outputs.Zip(other.Outputs, (a, b) => Math.Abs(a - b)).Max() / mine.Outputs.Max(Math.Abs);
        string line = string.Create(CultureInfo.InvariantCulture, $"{model}: first loss {mine.Loss:F6} and {other.Loss:F6}, {loss:E1} apart; outputs {outputs:E1}");
        if (!(loss <= MostLossDistance && outputs <= MostLossDistance)) throw new InvalidOperationException($"{line}, at most {MostLossDistance:E0} is allowed.");
        Console.WriteLine(line);
        return loss;
    }

    private static int UnitsOf(string model, int threads)
    {
        using var one = new OurStep(model, 1, threads, 0);
        return one.Units;
    }

    private static string Target(double value) => double.IsNaN(value) ? "   -" : value.ToString("F2", CultureInfo.InvariantCulture);
}
