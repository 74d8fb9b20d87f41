using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>The methods that follow a plan, step by step, with what is frozen written down.</summary>
public sealed class PlanMethodTests
{
    private const double NaN = double.NaN;

    /// <summary>A method, and what is frozen of embeddings 0, blocks 1 2 3 and head 4 after the checks at epochs of 10 steps in a run of 50, where the rule does not ask for another.</summary>
    public static TheoryData<string, string> Frozen => new()
    {
        { "composer:start=0.2,level=1", "||0|01|012|0123" },            // at 0.4, 0.6, 0.8, 1: ⌊¼ · 4⌋ …
        { "composer:start=0.5,level=0.5", "||||0|01" },                 // at 0.6, 0.8, 1: ⌊0.1 · 4⌋, ⌊0.3 · 4⌋, ⌊0.5 · 4⌋
        { "head-only", "0123|0123" },
        { "embeddings-only", "123|123" },
        { "ulmfit", "0123|012|01|0||" },
        { "ulmfit:epochs=2", "0123|0123|012|012|01|01" },
        { "fastai", "0123|||" },
        { "fastai:freeze=2", "0123|0123||" },
        { "lp-ft:head=0.4,patience=0", "0123|0123||" },
        { "badam:every=10,order=ascending", "123|023|013|012|123" },
        { "badam:every=10", "012|013|023|123|012" },
        { "random:frozen=0", "|" },
        { "random:frozen=1", "0123|0123" },
    };

    [Theory]
    [MemberData(nameof(Frozen))]
    public void AMethodFreezesWhatItsFormulaSays(string method, string frozen)
    {
        string[] expected = frozen.Split('|');
        RuleGame game = Game(method);
        foreach (string _ in expected) game.Check(NaN, NaN, NaN, NaN, NaN);
        Assert.Equal(expected, game.Log);
    }

    [Theory]
    [InlineData("lisa:units=1,every=10", OnFreeze.Drop)]
    [InlineData("lisa:units=1,every=10,as=code", OnFreeze.Keep)]
    public void LisaDrawsBlocksAndLeavesEmbeddingsAndHeads(string method, OnFreeze action)
    {
        RuleGame game = Game(method);
        var seen = new HashSet<string>();
        for (int turn = 0; turn < 60; turn++)
        {
            FreezeDecision decision = game.Check(NaN, NaN, NaN, NaN, NaN);
            Assert.Equal(10 * (turn + 1), decision.NextCheck);
            Assert.Equal(2, game.Frozen.Length);
            Assert.DoesNotContain('0', game.Frozen);
            Assert.All(decision.Units.Where((unit, i) => unit.Frozen && unit.Reason is not null), unit => Assert.Equal(action, unit.StateAction));
            seen.Add(game.Frozen);
        }
        Assert.Equal(["12", "13", "23"], seen.Order(StringComparer.Ordinal));
    }

    /// <summary>Steps of an epoch, and those of a turn of four blocks: an epoch's over the blocks, in [50, 100].</summary>
    [Theory]
    [InlineData(10, 50)]
    [InlineData(240, 60)]
    [InlineData(4000, 100)]
    public void BAdamsTurnIsAsLongAsItsFormulaSays(int epoch, int turn)
    {
        var game = new RuleGame(5, BAdam.Policy(every: 0).Rule) { RunSteps = 10_000, EpochSteps = epoch };
        FreezeDecision decision = game.Check(NaN, NaN, NaN, NaN, NaN);
        Assert.Equal(turn, decision.NextCheck);
        Assert.Equal(OnFreeze.Drop, decision.Units[0].StateAction);
    }

    [Fact]
    public void RatesFallTowardsTheInput()
    {
        RuleGame game = Game("ulmfit:factor=2");
        Assert.Equal([0.0625f, 0.125f, 0.25f, 0.5f, 1f], Rates(game));
        // fastai: 1 for the head alone; then ½ · 16^(i / 4 − 1): 1/32, 1/16, 1/8, 1/4, 1/2.
        game = Game("fastai:mult=16");
        Assert.Equal([1f, 1f, 1f, 1f, 1f], Rates(game));
        Assert.Equal([0.03125f, 0.0625f, 0.125f, 0.25f, 0.5f], Rates(game));

        static float[] Rates(RuleGame game) => [.. game.Check(NaN, NaN, NaN, NaN, NaN).Units.Select(unit => unit.LearningRateScale!.Value)];
    }

    /// <summary>What is measured before each check, and what is frozen after it.</summary>
    [Theory]
    [InlineData("lp-ft:head=1,patience=2", "1 2 1 1 3", "0123|0123|0123|0123||")]
    [InlineData("finetuning-scheduler:units=2,patience=1", "1 2 1 3 2 1", "012|012|012|0|0||")]
    [InlineData("finetuning-scheduler:units=3,patience=1", "2 1 1", "01|01||")]
    public void PhasesEndWhenValidationHasStoppedGettingBetter(string method, string measured, string frozen)
    {
        RuleGame game = Game(method);
        game.Check(NaN, NaN, NaN, NaN, NaN);
        foreach (string value in measured.Split(' '))
        {
            game.Observe(double.Parse(value, System.Globalization.CultureInfo.InvariantCulture));
            game.Check(NaN, NaN, NaN, NaN, NaN);
        }
        Assert.Equal(frozen.Split('|'), game.Log.Take(frozen.Split('|').Length));
    }

    [Fact]
    public void RandomUnitsAreDrawnWithEqualChances()
    {
        var counts = new int[5];
        RuleGame game = Game("random:frozen=0.5,every=10");
        for (int turn = 0; turn < 800; turn++)
        {
            game.Check(NaN, NaN, NaN, NaN, NaN);
            Assert.Equal(2, game.Frozen.Length);
            foreach (char unit in game.Frozen) counts[unit - '0']++;
        }
        // 400 expected, standard deviation 14.
        Assert.All(counts[..4], count => Assert.InRange(count, 340, 460));
        Assert.Equal(0, counts[4]);
    }

    private static RuleGame Game(string method) =>
        new(5, Methods.Named(method.Split(':')[0]).Policy(method.Contains(':', StringComparison.Ordinal) ? method[(method.IndexOf(':', StringComparison.Ordinal) + 1)..] : "").Rule) { Every = 10, RunSteps = 50, EpochSteps = 10, IsEmbedding = unit => unit == 0 };
}
