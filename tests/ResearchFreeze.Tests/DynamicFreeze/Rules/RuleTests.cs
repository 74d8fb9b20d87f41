using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.DynamicFreeze;

public class RuleTests
{
    private const double NaN = double.NaN;

    /// <summary>Scores of the front unit, check by check (patience 2, threshold 0.5, hysteresis 2), and the check that freezes it; 0: none.</summary>
    public static TheoryData<double[], int> Patience => new()
    {
        { [0.4, 0.4], 2 },
        { [0.6, 0.4, 0.4], 3 },
        { [0.4, 0.7, 0.4], 3 },               // in between: neither counts nor resets
        { [0.4, 0.7, 0.7, 0.99, 0.4], 5 },
        { [0.4, 1.0, 0.4, 0.4], 4 },          // at threshold · hysteresis: starts again
        { [0.4, 1.0, 0.4, 1.0, 0.4, 1.0], 0 },
        { [0.5, 0.5, 0.5], 0 },               // not below
        { [NaN, NaN, NaN, NaN], 0 },
        { [0.4, NaN, NaN, 0.4], 4 },          // no opinion, no change
        { [0.4, NaN, NaN, NaN], 0 },
        { [0.4, double.PositiveInfinity, 0.4], 0 },
        { [0, 0], 2 },
    };

    [Theory]
    [MemberData(nameof(Patience))]
    public void R24_PrefixPatienceFreezesTheFrontUnitAtTheCheckItShould(double[] scores, int expected)
    {
        var run = new Game(3, new PrefixPatience(2, 0.5, 2));
        int frozenAt = 0;
        run.Check(NaN, NaN, NaN);
        for (int i = 0; i < scores.Length; i++)
        {
            run.Check(scores[i], 0, 0);
            if (run.Frozen == "0" && frozenAt == 0) frozenAt = i + 1;
        }
        Assert.Equal(expected, frozenAt);
    }

    [Fact]
    public void OnlyTheFrontUnitIsJudgedOneFreezesACheckAndTheHeadNever()
    {
        var run = new Game(3, new PrefixPatience(2, 0.5, 2));
        for (int i = 0; i < 8; i++) run.Check(0, 0, 0);
        // All three scores are low from the first check on: two checks for unit 0, two more for unit 1, whose earlier low scores did not count.
        Assert.Equal(["", "0", "0", "01", "01", "01", "01", "01"], run.Log);
    }

    [Fact]
    public void JudgedTogetherUnitsCountWhileTheyWaitAndFreezeAsAPrefixAtOneCheck()
    {
        var run = new Game(4, new PrefixPatience(2, 0.5, 2, together: true));
        run.Check(2, 0, 0, 0);         // unit 0 is not finished: units 1 and 2 count 1
        run.Check(0, 0, 2, 0);         // 1, 2 and again 0: nothing is frozen behind a unit that trains
        run.Check(0, 2, 0, 0);         // unit 0 has its 2 checks, unit 1 begins again
        run.Check(0, 0, 0, 0);         // units 1 and 2: 1 and 2
        run.Check(0, 0, 0, 0);         // both have 2
        run.Check(0, 0, 0, 0);         // the head stays
        Assert.Equal(["", "", "0", "0", "012", "012"], run.Log);
    }

    [Fact]
    public void UnitsBehindTheFrontAreNeverFrozenHoweverLowTheirScores()
    {
        var run = new Game(4, new PrefixPatience(1, 0.5, 2));
        for (int i = 0; i < 50; i++) run.Check(2, 0, 0, 0);
        Assert.Equal("", run.Frozen);
    }

    [Fact]
    public void AModelOfOneUnitIsAllHead()
    {
        var run = new Game(1, new PrefixPatience(1));
        for (int i = 0; i < 5; i++) run.Check(0);
        Assert.Equal("", run.Frozen);
    }

    [Fact]
    public void AThawStartsTheCountAgainAndDoublesThePatience()
    {
        var run = new Game(3, new PrefixPatience(2, 0.5, 2));
        run.Check(0, 0, 0);
        run.Check(0, 0, 0);
        run.Check(0, 0, 0);
        Assert.Equal("0", run.Frozen);        // and unit 1 has one check on its count
        run.ThawAll();
        for (int i = 0; i < 3; i++)
        {
            run.Check(0, 0, 0);
            Assert.Equal("", run.Frozen);
        }
        run.Check(0, 0, 0);
        Assert.Equal("0", run.Frozen);        // 2 · 2 checks
        run.Check(0, 0, 0);
        Assert.Equal("01", run.Frozen);       // never thawed: its patience is 2, one of which it had
    }

    [Fact]
    public void TheReasonHasTheNumbers()
    {
        var run = new Game(2, new PrefixPatience(1, 0.5, 2));
        FreezeDecision decision = run.Check(0.25, 0);
        Assert.Equal("finished at 1 check: score 0.25, limit 0.5", decision.Units[0].Reason);
        Assert.Null(decision.Units[1].Reason);
    }

    [Fact]
    public void TheSameScoresGiveTheSameDecisionsAndSavedStateContinuesAnywhere()
    {
        const int Units = 6, Checks = 120;
        double[][] scores = Scores(Units, Checks);
        string[] whole = Play(Units, scores, null);
        Assert.Equal(whole, Play(Units, scores, null));
        Assert.Contains(whole, frozen => frozen.Length >= 2);
        for (int at = 0; at < Checks; at += 7) Assert.Equal(whole, Play(Units, scores, at));
    }

    [Fact]
    public void NeverFreezesNothing()
    {
        var run = new Game(3, new Never());
        for (int i = 0; i < 5; i++) run.Check(0, 0, 0);
        Assert.Equal("", run.Frozen);
    }

    [Fact]
    public void StaticFreezesItsUnitsBeforeTheFirstStepAndNothingLater()
    {
        var run = new Game(4, new Static(2));
        run.Check(NaN, NaN, NaN, NaN);
        Assert.Equal("01", run.Frozen);
        for (int i = 0; i < 5; i++) run.Check(0, 0, 0, 0);
        Assert.Equal("01", run.Frozen);
        var none = new Game(4, new Static(0));
        none.Check(0, 0, 0, 0);
        Assert.Equal("", none.Frozen);
    }

    [Fact]
    public void HeadsAreLeftOutWhereverTheyStandAndWithoutOneSomethingTrains()
    {
        foreach (IFreezeRule rule in (IFreezeRule[])[new Static(2), new Phases([3], new PhaseEnd(Checks: 9)), new PrefixPatience(1), new FilteredRule(new Threshold(1), new PrefixOnly()), new Percentile(100)])
        {
            var front = new RuleGame(5, rule) { IsHead = unit => unit is 0 or 2 };
            for (int i = 0; i < 2; i++) front.Check(0.1, 0.1, 0.1, 0.2, 0.9);
            Assert.StartsWith("13", front.Frozen, StringComparison.Ordinal);
        }
        foreach (IFreezeRule rule in (IFreezeRule[])[new Static(3), new Phases([1], new PhaseEnd(Checks: 9)), new PrefixPatience(1), new Threshold(1), new Percentile()])
        {
            var none = new RuleGame(4, rule, heads: 0);
            for (int i = 0; i < 6; i++) none.Check(0.1, 0.2, 0.3, 0.4);
            Assert.Equal("012", none.Frozen);
        }
        Assert.Equal(
            "static: 4 units to freeze, but the model has 4 and one must train.", Assert.Throws<ArgumentException>(() => new RuleGame(4, new Static(4), heads: 0).Check(0, 0, 0, 0)).Message);
        Assert.Equal(
            "static: 3 units to freeze, but the model has 3 and the head, unit 0, is never frozen.",
            Assert.Throws<ArgumentException>(() => new RuleGame(3, new Static(3)) { IsHead = unit => unit == 0 }.Check(0, 0, 0)).Message);
    }

    [Fact]
    public void ARateThatPhasesSetHasAReason()
    {
        FreezeDecision decision = new RuleGame(4, new Phases([3], new PhaseEnd(Checks: 1), factor: 2.6)).Check(0, 0, 0, 0);
        Assert.Equal(
            ["phase 1 of 1 trains the last 3 of 4 units", "its rate is divided by 2.6^2", "its rate is divided by 2.6^1", "its rate is divided by 2.6^0"], decision.Units.Select(unit => unit.Reason));
    }

    [Fact]
    public void BadSettingsAreNamed()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new Static(-1));
        var error = Assert.Throws<ArgumentException>(() => new Game(2, new Static(2)).Check(0, 0));
        Assert.Contains("head", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new PrefixPatience(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PrefixPatience(threshold: NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PrefixPatience(threshold: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PrefixPatience(hysteresis: 0.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PrefixPatience(hysteresis: NaN));
    }

    private static string[] Play(int units, double[][] scores, int? reloadAt)
    {
        var run = new Game(units, new PrefixPatience(2, 0.5, 1.5));
        for (int i = 0; i < scores.Length; i++)
        {
            if (i == reloadAt) run.Reload();
            if (i % 40 == 39) run.ThawAll();
            run.Check(scores[i]);
        }
        return [.. run.Log];
    }

    private static double[][] Scores(int units, int checks)
    {
        var random = new RandomStream(3, "scores");
        return [.. Enumerable.Range(0, checks).Select(_ => Enumerable.Range(0, units).Select(_ => random.NextInt32(8) == 0 ? NaN : random.NextDouble()).ToArray())];
    }

    /// <summary>Feeds a rule scores and does what it says, as the controller would.</summary>
    private sealed class Game(int units, IFreezeRule rule)
    {
        private readonly bool[] frozen = new bool[units];
        private readonly int[] thaws = new int[units];
        private readonly RandomStream random = new(1, "rule");
        private IRuleRun run = rule.Start();

        public List<string> Log { get; } = [];

        public int Checks => Log.Count;

        public string Frozen => string.Concat(Enumerable.Range(0, units).Where(i => frozen[i]));

        public FreezeDecision Check(params double[] scores)
        {
            UnitView[] views = [.. scores.Select((score, i) => new UnitView(
                i, $"u{i}", new UnitHistory(), score, FormattableString.Invariant($"score {score:G3}"), frozen[i], 0, thaws[i], i == units - 1, _ => default))];
            FreezeDecision decision = run.Decide(new CheckContext(views, 10 * Checks, 0.1f, [], random));
            for (int i = 0; i < units; i++) frozen[i] = decision.Units[i].Frozen;
            Log.Add(Frozen);
            return decision;
        }

        public void ThawAll()
        {
            for (int i = 0; i < units; i++)
            {
                if (frozen[i]) thaws[i]++;
                frozen[i] = false;
            }
        }

        public void Reload()
        {
            var state = new StateTree();
            run.SaveState(state);
            run = rule.Start();
            run.LoadState(state);
        }
    }
}
