using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>A policy in code is the one on the command line.</summary>
public sealed class PolicyTests
{
    [Theory]
    [InlineData("adaptive")]
    [InlineData("prefix-patience")]
    [InlineData("static:1")]
    [InlineData("never")]
    public void DefaultsAreThoseOfTheCommandLine(string text)
    {
        Policy written = new RunCatalogues().Policies.Create(text);
        Policy code = text switch { "adaptive" => Policies.Adaptive(), "prefix-patience" => Policies.PrefixPatience(), "static:1" => Policies.Static(1), _ => Policies.Never() };
        Assert.Equal(written.Criterion.Name, code.Criterion.Name);
        Assert.Equal(written.Criterion.Statistics.Select(statistic => statistic.Key), code.Criterion.Statistics.Select(statistic => statistic.Key));
        Assert.Equal((written.Rule.Name, written.Rule.Settings), (code.Rule.Name, code.Rule.Settings));
        foreach (int steps in (int[])[1, 39, 400, 12_345]) Assert.Equal(written.Options(steps), code.Options(steps));
    }

    /// <summary>As --criterion and --rule make it: a rule that follows a plan has no warm-up and no triggers, also behind a filter.</summary>
    [Theory]
    [InlineData("threshold")]
    [InlineData("phases:1,2,steps=10")]
    [InlineData("phases:1,2,steps=10+prefix")]
    public void ACriterionAndARuleHaveTheCommandLinesSettings(string rule)
    {
        var catalogues = new RunCatalogues();
        Policy written = Policies.Of(new RunSettings { Criterion = "drift", Rule = rule }, catalogues), code = new(written.Criterion, written.Rule);
        foreach (int steps in (int[])[1, 39, 400]) Assert.Equal(written.Options(steps), code.Options(steps));
    }

    [Fact]
    public void AControllerByAPolicyKnowsTheRunsLength()
    {
        using var device = new CpuDevice();
        using var model = new Sequential(("fc", new Linear(4, 3)), ("head", new Linear(3, 2))).Initialize(device, 1);
        using var optimizer = new Sgd(model, new Constant(0.1f));
        int? seen = null;
        using var freeze = new FreezeController(model, optimizer, new Policy(new WeightChange(), new Looking(context => seen = context.RunSteps)), totalSteps: 80);
        Assert.Equal((2, 8, 80), (freeze.Options.CheckEvery, freeze.Options.WarmUpSteps, freeze.Options.RunSteps));
        freeze.Start();
        Assert.Equal(80, seen);
        Assert.Throws<ArgumentOutOfRangeException>(() => new FreezeController(model, optimizer, Policies.Adaptive(), totalSteps: 0));
    }

    [Fact]
    public void APolicyTakesADivisionOfItsOwn()
    {
        Policy policy = Policies.Adaptive(), named = policy.WithUnits(UnitDivision.Blocks.WithHead("fc"));
        Assert.Equal(policy.Options(80) with { Units = named.Options(80).Units }, named.Options(80));
        using var device = new CpuDevice();
        using var model = new Sequential(("fc", new Linear(4, 3)), ("head", new Linear(3, 2))).Initialize(device, 1);
        using var optimizer = new Sgd(model, new Constant(0.1f));
        using var freeze = new FreezeController(model, optimizer, named, totalSteps: 80);
        Assert.Equal([true, false], freeze.Units.Select(unit => unit.IsHead));
        Assert.Throws<ArgumentNullException>(() => policy.WithUnits(null!));
    }

    private sealed class Looking(Action<CheckContext> look) : IFreezeRule<NoState>
    {
        public string Name => "looking";

        public FreezeDecision Decide(CheckContext context, ref NoState state)
        {
            look(context);
            return new FreezeDecision(context);
        }
    }
}
