using System.Text.Json;
using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Training;

namespace ResearchFreeze.Tests.DynamicFreeze;

public class DecisionLogTests
{
    [Fact]
    public void EveryLineIsJsonTheFirstIsTheSchemaAndEachDecisionHasItsNumbers()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Root, "decisions.jsonl");
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [3, 4, 0], [1, 1], [1, 1]);
        using var optimizer = new Sgd(model, new StepDecay(0.5f, 6));
        using var log = new DecisionLog(path);
        var rule = new Scripted((context, decision) =>
        {
            if (context.Step == 0) decision.Freeze(1, "from the start: \"é\"\n");
            if (context.Step == 4) decision.Freeze(0, "settled");
            if (context.Step == 4) decision.Freeze(2, "the head too");
        });
        var criterion = new GradientNormChange();
        using var freeze = new FreezeController(model, optimizer, criterion, rule, log, new FreezeOptions { CheckEvery = 2, WarmUpSteps = 1, RegressionMargin = 0.125 });
        for (int step = 0; step < 6; step++)
        {
            model.Backward(step < 2 ? [1, 2, 2] : [0, 2, 0], [1, 0], [1, 0]);
            freeze.Step();
            Assert.Equal(1 + freeze.Decisions.Count + rule.Checks.Count(check => check.Step > 0), Lines(path).Length);        // flushed, although the log is still open
        }
        JsonElement[] all = Lines(path), lines = [.. all.Where(line => !line.TryGetProperty("check", out _))], checks = [.. all.Except(lines)];
        JsonElement schema = lines[0];
        Assert.Equal(
            ["schema", "criterion", "rule", "division", "checkEvery", "warmUpSteps", "rateDrop", "regressionMargin", "thawAfterSteps", "probeEvery", "probeDebt", "guardMargin", "mostFrozen", "mostAtOnce", "units", "heads"], Names(schema));
        Assert.Equal(rule.Checks.Skip(1).Select(check => check.Step), checks.Select(line => line.GetProperty("step").GetInt32()));
        JsonElement shown = checks[1].GetProperty("check")[0];
        Assert.Equal(["unit", "score"], Names(shown));
        Assert.Equal(rule.Checks[2].Units[0].Score, shown.GetProperty("score").GetDouble());
        Shows(rule, DecisionRecord.Read(path));
        Assert.Equal((3, "gradient-norm-change", "scripted", 2, 1), (
            schema.GetProperty("schema").GetInt32(), schema.GetProperty("criterion").GetString(), schema.GetProperty("rule").GetString(),
            schema.GetProperty("checkEvery").GetInt32(), schema.GetProperty("warmUpSteps").GetInt32()));
        Assert.Equal((5, 0.125), (schema.GetProperty("rateDrop").GetDouble(), schema.GetProperty("regressionMargin").GetDouble()));
        Assert.Equal(["unit0", "unit1", "unit2"], schema.GetProperty("units").EnumerateArray().Select(unit => unit.GetString()));

        Assert.Equal(
            ["0 unit1 freeze rule", "4 unit2 refuse rule", "4 unit0 freeze rule", "6 unit0 thaw rate-drop", "6 unit1 thaw rate-drop"],
            lines.Skip(1).Select(line => $"{line.GetProperty("step").GetInt32()} {line.GetProperty("path").GetString()} {line.GetProperty("action").GetString()} {line.GetProperty("trigger").GetString()}"));
        foreach ((JsonElement line, DecisionEntry entry) in lines.Skip(1).Zip(freeze.Decisions))
        {
            Assert.Equal(entry.Reason, line.GetProperty("reason").GetString());
            Assert.Equal(entry.Unit, line.GetProperty("unit").GetInt32());
            Assert.Equal(entry.LearningRate, line.GetProperty("learningRate").GetSingle());
            Assert.Equal(double.IsFinite(entry.Score), line.TryGetProperty("score", out _));
            Assert.Equal(entry.Observation is not null, line.TryGetProperty("observation", out _));
        }

        // Unit 1 rested from the start: nothing observed, no score. Unit 0: the norm fell from 3 to 2.
        Assert.Equal(["step", "unit", "path", "action", "trigger", "reason", "learningRate"], Names(lines[1]));
        JsonElement settled = lines[3];
        Assert.Equal(["step", "unit", "path", "action", "trigger", "reason", "learningRate", "score", "observation"], Names(settled));
        Assert.Equal(1.0 / 3, settled.GetProperty("score").GetDouble(), 1e-12);
        JsonElement observation = settled.GetProperty("observation");
        Assert.Equal(["step", "steps", "integratedRate", "values"], Names(observation));
        Assert.Equal((4, 2, 1.0), (observation.GetProperty("step").GetInt32(), observation.GetProperty("steps").GetInt32(), observation.GetProperty("integratedRate").GetDouble()));
        Assert.Equal([8.0], observation.GetProperty("values").GetProperty("gradient-norm").EnumerateArray().Select(value => value.GetDouble()));
        Assert.Equal(0.05f, lines[4].GetProperty("learningRate").GetSingle());
    }

    [Fact]
    public void Case49_ACheckHasWhatIsNewAndIsReadBackWhole()
    {
        const int Units = 200;
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Root, "decisions.jsonl");
        using var device = new ReferenceDevice();
        float[][] cells = [.. Enumerable.Range(0, Units).Select(i => new[] { 1f + i, 2 })];
        using var model = new Cells(device, cells);
        using var optimizer = new Sgd(model, new Constant(0.01f));
        using var log = new DecisionLog(path);
        // Half of the units are frozen at step 10, and of the others some have opinions in words of their own.
        var rule = new Scripted((context, decision) =>
        {
            for (int i = 0; i < Units / 2 && context.Step == 10; i++) decision.Freeze(i, "half");
        });
        using var freeze = new FreezeController(model, optimizer, new WeightChange(), rule, log, new FreezeOptions { CheckEvery = 1, WarmUpSteps = 0, RegressionMargin = 0 });
        var random = new RandomStream(TestDevices.Seed, "gradients");
        var sizes = new List<long> { new FileInfo(path).Length };
        for (int step = 0; step < 20; step++)
        {
            model.Backward([.. cells.Select(cell => cell.Select(_ => random.NextNormal()).ToArray())]);
            freeze.Step();
            sizes.Add(new FileInfo(path).Length);
        }
        // Every score is new: number and score of each unit. Then of half of them.
        Assert.InRange(sizes[9] - sizes[8], 1, 45 * Units);
        Assert.InRange(sizes[19] - sizes[18], 1, 45 * Units / 2);
        Shows(rule, DecisionRecord.Read(path));
    }

    [Fact]
    public void NumbersThatAreNotFiniteAreLeftOutAndBreakNoLine()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Root, "decisions.jsonl");
        using (var log = new DecisionLog(path))
        {
            log.Begin("c", "r", new FreezeOptions { RateDrop = double.PositiveInfinity, RegressionMargin = double.PositiveInfinity }, []);
            var observation = new Observation(1, 1, double.PositiveInfinity);
            observation.Add("s", [1, double.NaN, double.NegativeInfinity]);
            log.Write(new DecisionEntry(1, 0, "u", FreezeAction.Freeze, "rule", "why", float.NaN, double.NaN, observation));
            log.Write(new DecisionEntry(2, 0, "u", FreezeAction.Freeze, "rule", "why", 1, double.PositiveInfinity, null));
        }
        JsonElement[] lines = Lines(path);
        Assert.Equal(3, lines.Length);
        Assert.Equal(["schema", "criterion", "rule", "division", "checkEvery", "warmUpSteps", "thawAfterSteps", "probeEvery", "probeDebt", "guardMargin", "mostFrozen", "mostAtOnce", "units"], Names(lines[0]));
        Assert.Equal(["step", "unit", "path", "action", "trigger", "reason", "observation"], Names(lines[1]));
        Assert.Equal(["step", "steps", "values"], Names(lines[1].GetProperty("observation")));
        // In a list a place stays a place.
        Assert.Equal([JsonValueKind.Number, JsonValueKind.Null, JsonValueKind.Null], lines[1].GetProperty("observation").GetProperty("values").GetProperty("s").EnumerateArray().Select(value => value.ValueKind));
        Assert.Equal(["step", "unit", "path", "action", "trigger", "reason", "learningRate"], Names(lines[2]));
    }

    [Fact]
    public void AnOlderLogIsReplaced()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("decisions.jsonl", new byte[4096]);
        using (var log = new DecisionLog(path)) log.Begin("c", "r", new FreezeOptions(), []);
        Assert.Single(Lines(path));
    }

    [Theory]
    [InlineData("why", "step 300: freeze fc1 (rule): why")]
    [InlineData(null, "step 300: freeze fc1 (rule)")]
    [InlineData(" ", "step 300: freeze fc1 (rule)")]
    public void AnEntryReadsAsASentenceAndNoReasonIsNone(string? reason, string expected)
    {
        var entry = new DecisionEntry(300, 0, "fc1", FreezeAction.Freeze, "rule", reason, 0.1f, 0.5, null);
        Assert.Equal(expected, entry.ToString());
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Root, "decisions.jsonl");
        using (var log = new DecisionLog(path))
        {
            log.Begin("c", "r", new FreezeOptions(), []);
            log.Write(entry with { Unit = -1, Path = "(all)", Action = FreezeAction.Stop });
        }
        Assert.Equal(reason == "why", Lines(path)[1].TryGetProperty("reason", out _));
        Assert.Equal(entry.Reason, DecisionRecord.Read(path).Entries[0].Reason);
    }

    /// <summary>The checks that are read are those that the rule was shown after the first step.</summary>
    private static void Shows(Scripted rule, DecisionRecord record) =>
        Assert.Equal(
            rule.Checks.Where(check => check.Step > 0).Select(check => (check.Step, string.Join('|', check.Units.Select(unit => $"{unit.Path} {unit.IsFrozen} {unit.Age} {unit.Score:R} {unit.Explanation} {unit.Probe?.Debt ?? double.NaN:R}")))),
            record.Checks.Select(check => (check.Step, string.Join('|', check.Units.Select(unit => $"{unit.Path} {unit.IsFrozen} {unit.Age} {unit.Score:R} {unit.Explanation} {unit.Debt:R}")))));

    private static JsonElement[] Lines(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        string text = reader.ReadToEnd();
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        return [.. text[..^1].Split('\n').Select(line => JsonDocument.Parse(line).RootElement.Clone())];
    }

    private static IEnumerable<string> Names(JsonElement element) => element.EnumerateObject().Select(property => property.Name);
}
