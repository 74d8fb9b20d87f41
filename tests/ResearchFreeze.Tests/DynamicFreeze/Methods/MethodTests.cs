using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>Cards and settings of the methods, and their rules under drawn scores.</summary>
public sealed class MethodTests
{
    private const int Checks = 30;
    private static readonly int Runs = TestDevices.IsLong ? 200 : 40;

    public static TheoryData<string> Written => [.. MethodSpecs.All.Where(spec => spec != "shuffled" && !spec.StartsWith("dropbp", StringComparison.Ordinal))];

    [Fact]
    public void EveryMethodHasACompleteCardANameOfItsOwnAndADrawnRun()
    {
        string[] policies = ["adaptive", "never", "prefix-patience", "static"], names = [.. Methods.All.Select(method => method.Card.Name)];
        Assert.Equal(names.Order(StringComparer.Ordinal), names);
        Assert.Empty(names.Intersect(policies));
        foreach (MethodCard card in Methods.All.Select(method => method.Card))
        {
            Assert.InRange(card.Summary.Length, 20, 80);
            Assert.All(card.Details, detail => Assert.False(string.IsNullOrWhiteSpace(detail.Text)));
            Assert.NotEmpty(card.Formula);
            Assert.Contains(MethodSpecs.All, spec => spec.Split(':')[0] == card.Name);
            // A paper and a code that differ can both be asked for.
            if (card.Settings.Any(setting => setting.Name == "as")) Assert.NotEmpty(card.CodeDiffers);
        }
    }

    [Fact]
    public void TheCommandLinesMethodIsTheOneInCode()
    {
        var known = new RunCatalogues();
        foreach (Method method in Methods.All)
        {
            // One needs a run.
            if (method == Shuffled.Method) continue;
            Policy written = known.Policies.Create(method.Card.Name);
            Policy code = method.Policy();
            Assert.Same(method, written.Method);
            Assert.Equal((written.Criterion.Name, written.Criterion.Settings, written.Rule.Name, written.Rule.Settings), (code.Criterion.Name, code.Criterion.Settings, code.Rule.Name, code.Rule.Settings));
            foreach (int steps in (int[])[1, 39, 400]) Assert.Equal(written.Options(steps), code.Options(steps));
        }
        Assert.Same(AutoFreeze.Method, Methods.Named("autofreeze"));
        Assert.Contains("known are apf, ", Assert.Throws<ArgumentException>(() => Methods.Named("freezeit")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("autofreeze:percentil=3", "'autofreeze:percentil=3': 'percentil' is unknown; known are as, percentile, intervals.")]
    [InlineData("autofreeze:as=text", "'autofreeze': as must be paper or code, found 'text'.")]
    [InlineData("autofreeze:percentile=much", "'autofreeze': percentile must be a number, found 'much'.")]
    [InlineData("autofreeze:intervals=1.5", "'autofreeze': intervals must be a whole number, found '1.5'.")]
    [InlineData("autofreeze:intervals=0", "autofreeze: intervals must be at least 1, found 0.")]
    [InlineData("freezeout:scale=yes", "'freezeout': scale must be 0 or 1, found 'yes'.")]
    [InlineData("freezeout:start=0", "freezeout: start must be in (0, 1], found 0.")]
    [InlineData("lisa:every=0", "lisa: every must be at least 1, found 0.")]
    [InlineData("lp-ft:head=0", "lp-ft: head must be in (0, 1], found 0.")]
    [InlineData("composer:start=1", "composer: linear-depth: start must be in [0, 1), found 1.")]
    [InlineData("lisa:units=0", "lisa: rotation: the number of units that train must be at least 1, found 0.")]
    [InlineData("slimfit:frozen=1", "slimfit: lowest: the frozen part must be in [0, 1), found 1.")]
    [InlineData("apf:alpha=0.99999999999", "apf: alpha must be in [0, 1) in single precision, found 0.99999999999.")]
    [InlineData("apf:alpha=1e300", "apf: alpha must be in [0, 1) in single precision, found 1E+300.")]
    [InlineData("random:frozen=2", "random: the frozen part must be in [0, 1], found 2.")]
    [InlineData("head-only:x=1", "'head-only:x=1': 'x' is unknown; it takes no settings.")]
    [InlineData("shuffled", "'shuffled': run is needed, a run's folder, as in shuffled:run=runs/a.")]
    [InlineData("egeria:bootstrap=2", "egeria: bootstrap must be in [0, 1], found 2.")]
    public void WhatIsWrongWithASettingIsSaidInOneLine(string text, string message) =>
        Assert.StartsWith(message, Assert.ThrowsAny<ArgumentException>(() => new RunCatalogues().Policies.Create(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void SettingsInCodeAreRead()
    {
        Assert.Equal(AutoFreeze.Policy(MethodReading.Code, 30, 20).Rule.Name, AutoFreeze.Method.Policy("as=code,percentile=30,intervals=20").Rule.Name);
        Assert.Equal(50, AutoFreeze.Method.Policy("intervals=20").Options(1000).CheckEvery);
        Assert.Contains("expected settings as key=value", Assert.Throws<ArgumentException>(() => AutoFreeze.Method.Policy("30")).Message, StringComparison.Ordinal);
        Assert.Contains("given twice", Assert.Throws<ArgumentException>(() => AutoFreeze.Method.Policy("as=code,as=paper")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AScheduleThatAMethodStandsInForIsAnErrorInALoopOfOnesOwn()
    {
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [3, 4, 0], [1, 1]);
        using var optimizer = new Sgd(model, new Cosine(0.1f, 10));
        Assert.Equal(
            "Freezing: policy 'freezeout' stands in for the schedule: the optimizer must have a Constant, found 'cosine:rate=0.1,steps=10,minimum=0'.",
            Assert.Throws<ArgumentException>(() => new FreezeController(model, optimizer, FreezeOut.Policy(), 10)).Message);
        optimizer.Schedule = new Constant(0.1f);
        using (var freeze = new FreezeController(model, optimizer, FreezeOut.Policy(), 10)) Assert.Equal(1, freeze.Options.CheckEvery);
        Assert.Contains("set FreezeOptions.EpochSteps", Assert.Throws<ArgumentException>(() => new FreezeController(model, optimizer, PipeTransformer.Policy(), 10)).Message, StringComparison.Ordinal);
        using var byEpoch = new FreezeController(model, optimizer, PipeTransformer.Policy(epochs: 2), 10, epochSteps: 3);
        Assert.Equal(6, byEpoch.Options.CheckEvery);
    }

    /// <summary>Random scores; the same again with the state saved and loaded on the way. <see cref="RuleGame"/> fails where a head is asked for.</summary>
    [Theory]
    [MemberData(nameof(Written))]
    public void UnderDrawnScoresAMethodDecidesTheSameAgainAndSaysWhy(string text)
    {
        Policy policy = new RunCatalogues().Policies.Create(text);
        var random = new RandomStream(TestDevices.Seed, text);
        int changes = 0;
        for (int number = 0; number < Runs; number++)
        {
            int units = 2 + random.NextInt32(7), heads = random.NextInt32(4) == 0 && text != "head-only" ? 0 : 1;
            bool isFirst = random.NextInt32(3) == 0;
            ulong start = random.Position;
            RuleGame game = Play(policy.Rule, units, heads, isFirst, random, 0);
            random.Position = start;
            RuleGame again = Play(policy.Rule, units, heads, isFirst, random, 1 + (number % 7));
            Assert.Equal(game.Log, again.Log);
            changes += game.Log.Count(log => log.Length > 0);
        }
        Assert.Equal(MethodSpecs.WithoutFreezes.Contains(text), changes == 0);
    }

    private static RuleGame Play(IFreezeRule rule, int units, int heads, bool isFirst, RandomStream random, int reloadEvery)
    {
        var game = new RuleGame(units, rule) { Every = 6, RunSteps = 6 * Checks, EpochSteps = 6, IsEmbedding = unit => unit == 0, ShapesOf = _ => [new Shape(2, 2)], ValuesOf = (unit, _) => [unit + 1, 0, 0, 1], IsHead = unit => heads > 0 && unit == (isFirst ? 0 : units - 1) };
        for (int check = 0; check < Checks && game.Step <= game.RunSteps; check++)
        {
            if (reloadEvery > 0 && check % reloadEvery == 0) game.Reload();
            double[] scores = [.. Enumerable.Range(0, units).Select(_ => random.NextInt32(8) == 0 ? double.NaN : random.NextDouble())];
            if (check > 0 && random.NextInt32(12) == 0) game.ThawAll();
            if (random.NextInt32(3) == 0) game.Observe(random.NextDouble());
            FreezeDecision decision = game.Play(scores);
            game.CostOf = (unit, kind) => kind is CostKind.Forward or CostKind.InputGradient or CostKind.WeightGradient ? new Cost(1, 1 + (unit % 3), 8, 0) : default;
            for (int i = 0; i < units; i++)
            {
                if (decision.Units[i].Frozen != game.Views[i].IsFrozen) Assert.False(string.IsNullOrEmpty(decision.Units[i].Reason), $"unit {i} changes for no reason at step {game.StepOfCheck}");
            }
        }
        return game;
    }
}
