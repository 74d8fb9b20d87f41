using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Training;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>FreezeOut as a user writes it (Brock et al. 2017): each unit's rate falls along a cosine to 0, the nearer to the input the sooner, and then the unit is frozen.</summary>
public class RateScheduleTests
{
    private const int Rows = 6, In = 5, Classes = 3, Steps = 158;

    [Fact]
    public void Case50_ARateThatARuleMovesAtEachStepIsOneEntry()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Root, "log.jsonl");
        (double[] weights, IReadOnlyList<DecisionEntry> made, float[] scales) = Run(path, null);
        Assert.Equal(
            ["1 adjust fc1", "1 adjust fc2", "1 adjust fc3", "60 freeze fc1", "100 freeze fc2", "140 freeze fc3"],
            made.Select(entry => $"{entry.Step} {entry.Action.ToString().ToLowerInvariant()} {entry.Path}"));
        Assert.Equal("step 1: adjust fc1 (rule)", made[0].ToString());
        Assert.Equal([(float)Cosine(1, 60), (float)Cosine(1, 100), (float)Cosine(1, 140)], made.Take(3).Select(entry => entry.RateScale!.Value));
        // The unit's last value before its end; at its end it is frozen with the rate it had.
        Assert.Equal([(float)Cosine(59, 60), (float)Cosine(99, 100), (float)Cosine(139, 140), 1], scales);

        string text = File.ReadAllText(path);
        Assert.DoesNotContain("no reason", text, StringComparison.Ordinal);
        string[] rates = [.. text.Split('\n').Where(line => line.Contains("\"rates\"", StringComparison.Ordinal))];
        Assert.Equal(138, rates.Length);                 // steps 2 to 139
        Assert.True(rates.Sum(line => line.Length) < 138 * 110, $"{rates.Sum(line => line.Length)} characters");

        DecisionRecord record = DecisionRecord.Read(path);
        Assert.Equal(2, record.Rates[0].Step);
        Assert.Equal([new UnitRate(0, (float)Cosine(2, 60)), new UnitRate(1, (float)Cosine(2, 100)), new UnitRate(2, (float)Cosine(2, 140))], record.Rates[0].Rates);
        Assert.Equal([new UnitRate(2, (float)Cosine(139, 140))], record.Rates[^1].Rates);
        Assert.Contains("step 1, adjusted by the rule; learning rate 0.05, its rate multiplied with 0.999, moved on to 0.000685 at step 59.", Explanation.Of(record), StringComparison.Ordinal);
        Assert.Equal(weights, Run(null, record).Weights);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(30)]
    [InlineData(99)]
    public void ARunThatGoesOnFromItsStateLogsAndRepeatsTheSame(int resumeAt)
    {
        using var folder = new TemporaryFolder();
        string whole = Path.Combine(folder.Root, "whole.jsonl"), resumed = Path.Combine(folder.Root, "resumed.jsonl"), again = Path.Combine(folder.Root, "again.jsonl");
        double[] weights = Run(whole, null).Weights;
        Assert.Equal(weights, Run(resumed, null, resumeAt).Weights);
        Assert.Equal(Changes(whole), Changes(resumed));
        // A replay, resumed too, writes a log that can be replayed.
        Assert.Equal(weights, Run(again, DecisionRecord.Read(whole), resumeAt).Weights);
        Assert.Equal(weights, Run(null, DecisionRecord.Read(again)).Weights);

        static string[] Changes(string path) => [.. File.ReadAllLines(path).Where(line => !line.Contains("\"check\"", StringComparison.Ordinal))];
    }

    [Fact]
    public void WhoeverListensHearsOfTheFirstScaleAsAnEntryAndOfTheOthersByTheStep()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Networks.Mlp(device, In, 4, Classes);
        using var optimizer = new Sgd(model, new Constant(0.05f));
        var rule = new Scripted((context, decision) =>
        {
            if (context.Step is 2 or 3 or 4) decision.Scale(0, 1.0 / context.Step, "falls");
            if (context.Step is 5) decision.Scale(0, 0.25, "as it is");
            if (context.Step is 8)
            {
                decision.Scale(0, 1);
                decision.Scale(1, 0.5);
            }
        });
        var log = new Heard();
        using var freeze = new FreezeController(model, optimizer, new Watching(), rule, log, FreezeOptions.WithoutTriggers with { CheckEvery = 1 });
        for (int step = 0; step < 10; step++)
        {
            Networks.Backward(model, device, Rows, In, Classes, step);
            freeze.Step();
        }
        Assert.Equal(["step 2: adjust fc1 (rule): falls", "3: fc1 0.333", "4: fc1 0.25", "step 8: adjust fc2 (rule)", "8: fc1 1"], log.Lines);
        Assert.Equal(2, freeze.Decisions.Count);
    }

    [Fact]
    public void ScalingKeepsWhatElseWasDecidedAndRefusesWhatIsNoFactor()
    {
        FreezeDecision? made = null;
        new RuleGame(3, new Scripted((_, decision) =>
        {
            decision.Freeze(0, "settled");
            decision.Scale(0, 0.5, "slower");
            decision.Scale(1, 0, "still");
            made = decision;
        })).Check(0, 0, 0);
        Assert.Equal([new UnitDecision(true, "settled", 0.5f), new UnitDecision(false, "still", 0), new UnitDecision(false)], made!.Units);
        foreach (double bad in new[] { -0.5, double.NaN, double.PositiveInfinity, 1e39 })
            Assert.Contains("the rate of unit 1 is multiplied with 0 or a positive number, found", Assert.Throws<ArgumentOutOfRangeException>(() => made.Scale(1, bad)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[{\"unit\":0,\"scale\":0.5},{\"unit\":2,\"scale\":1}]", "'rates[1].unit' must be in [0, 2), found 2")]
    [InlineData("[{\"unit\":-1,\"scale\":0.5}]", "'rates[0].unit' must be in [0, 2), found -1")]
    [InlineData("[{\"unit\":0,\"scale\":-0.5}]", "'rates[0].scale' must be 0 or more, found -0.5")]
    [InlineData("[{\"unit\":0,\"scale\":1e999}]", "'rates[0].scale' must be a finite number, found 1e999")]
    [InlineData("[{\"unit\":0}]", "'rates[0].scale' is missing")]
    [InlineData("[0.5]", "line 2 is no line of a decision log")]
    [InlineData("0.5", "'rates' must be a list, found 0.5")]
    public void RatesThatAreNoneAreRefusedWithTheirLine(string rates, string message)
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Root, "log.jsonl");
        File.WriteAllText(path, $"{{\"schema\":3,\"criterion\":\"c\",\"rule\":\"r\",\"division\":\"block\",\"checkEvery\":2,\"warmUpSteps\":0,\"units\":[\"a\",\"b\"]}}\n{{\"step\":1,\"rates\":{rates}}}\n");
        Assert.Contains(message, Assert.Throws<FormatException>(() => DecisionRecord.Read(path)).Message, StringComparison.Ordinal);
    }

    private static double Cosine(int step, int end) => 0.5 * (1 + Math.Cos(Math.PI * step / end));

    private static (double[] Weights, IReadOnlyList<DecisionEntry> Decisions, float[] Scales) Run(string? path, DecisionRecord? replay, int resumeAt = -1)
    {
        using var device = new CpuDevice(1);
        using Sequential model = Networks.Mlp(device, In, 5, 5, 5, Classes);
        using var optimizer = new Sgd(model, new Constant(0.05f), momentum: 0.9f);
        using DecisionLog? log = path is null ? null : new DecisionLog(path);
        var rule = new Scripted((context, decision) =>
        {
            foreach (UnitView unit in context.Units.Where(unit => !unit.IsHead && !unit.IsFrozen && context.Step > 0))
            {
                int end = 60 + (40 * unit.Index);
                if (context.Step < end) decision.Scale(unit.Index, Cosine(context.Step, end));
                else decision.Freeze(unit.Index, $"its rate has come to 0 at step {end}");
            }
        });
        using var freeze = new FreezeController(model, optimizer, new WeightChange(), rule, log, FreezeOptions.WithoutTriggers with { CheckEvery = 1, Replay = replay });
        for (int step = 0; step < Steps; step++)
        {
            if (step == resumeAt)
            {
                var tree = new StateTree();
                freeze.SaveState(tree);
                freeze.LoadState(tree);
            }
            Networks.Backward(model, device, Rows, In, Classes, step);
            freeze.Step();
        }
        return ([.. model.Parameters().SelectMany(Networks.Bits)], freeze.Decisions, [.. freeze.Units.Select(unit => optimizer.RateScaleOf(unit.Parameters[0]))]);
    }

    private sealed class Heard : IDecisionLog
    {
        public List<string> Lines { get; } = [];

        public void Begin(string criterion, string rule, FreezeOptions options, IReadOnlyList<FreezeUnit> units)
        {
        }

        public void Write(DecisionEntry entry) => Lines.Add(entry.ToString());

        public void Rates(int step, IReadOnlyList<UnitRate> rates) => Lines.AddRange(rates.Select(rate => FormattableString.Invariant($"{step}: fc{rate.Unit + 1} {rate.Scale:G3}")));
    }
}
