using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Tests.DynamicFreeze;

public class BudgetPlannerTests
{
    /// <summary>GreenTrainer's own <c>simple_test</c>; its lists run from the output.</summary>
    [Fact]
    public void ThePublishedInstanceHasItsPublishedAnswer()
    {
        double[] passing = [0, 2, 1, 4, 0], training = [5, 1, 7, 3, 1], importance = [1, 3, 10, 5, 3];
        double limit = Math.Floor(0.6 * (passing.Sum() + training.Sum()));
        BudgetPlan plan = BudgetPlanner.Best(importance, passing, training, limit)!;
        Assert.Equal(14, limit);
        Assert.Equal([false, true, true, false, false], plan.Trained);
        Assert.Equal((13, 11, true), (plan.Importance, plan.Cost, plan.IsExact));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void NoSetIsBetterThanThePlan(bool isWhole, bool hasForced)
    {
        var random = new RandomStream(9, $"{isWhole}/{hasForced}");
        int infeasible = 0;
        for (int number = 0; number < 800; number++)
        {
            int count = 1 + random.NextInt32(10);
            double[] importance = Numbers(random, count, isWhole), passing = Numbers(random, count, isWhole), training = Numbers(random, count, isWhole);
            bool[] forced = [.. Enumerable.Range(0, count).Select(_ => hasForced && random.NextInt32(5) == 0)];
            double limit = random.NextDouble() * (passing.Sum() + training.Sum());
            if (isWhole) limit = Math.Round(limit);
            bool atLeastOne = number % 2 == 0;
            // With some that would rather not train, as Taylor scores can say.
            if (number % 4 == 0) importance = [.. importance.Select(value => value - 0.5)];
            double expected = BruteForce(importance, passing, training, limit, forced, atLeastOne);
            BudgetPlan? plan = BudgetPlanner.Best(importance, passing, training, limit, forced, atLeastOne);
            if (double.IsNaN(expected))
            {
                Assert.Null(plan);
                if (!atLeastOne) infeasible++;
                continue;
            }
            Assert.NotNull(plan);
            Assert.True(plan.IsExact);
            Assert.Equal(expected, plan.Importance, 1e-12);
            Assert.Equal(CostOf([.. plan.Trained], passing, training), plan.Cost, 1e-12);
            Assert.True(plan.Cost <= limit, $"instance {number}: {plan.Cost} of {limit}");
            Assert.True(!atLeastOne || plan.Trained.Contains(true));
            Assert.Equal(plan.Importance, plan.Trained.Zip(importance, (trains, value) => trains ? value : 0).Sum(), 1e-12);
            Assert.All(plan.Trained.Zip(forced), pair => Assert.True(pair.First || !pair.Second));
        }
        Assert.Equal(hasForced, infeasible > 20);
    }

    [Fact]
    public void HundredsOfUnitsAreExact()
    {
        var random = new RandomStream(4, "many");
        double[] importance = Numbers(random, 300, false), passing = Numbers(random, 300, false), training = Numbers(random, 300, false);
        double limit = 0.5 * (passing.Sum() + training.Sum());
        BudgetPlan plan = BudgetPlanner.Best(importance, passing, training, limit)!;
        Assert.True(plan.IsExact);
        Assert.InRange(plan.Cost, 0.99 * limit, limit);
        // Whole blocks cost the same: as many different costs as there are units.
        Assert.True(BudgetPlanner.Best(importance, [.. passing.Select(_ => 1e9)], [.. passing.Select(_ => 1e9)], 2e11)!.IsExact);
    }

    [Fact]
    public void WhereTooManySetsWouldHaveToBeComparedThePlanSaysSoAndStaysWithinTheLimit()
    {
        // Importance equal to cost: no set outdoes another, so all 2²⁰ would be kept.
        var random = new RandomStream(5, "hard");
        double[] training = Numbers(random, 20, false), passing = new double[20];
        double limit = training.Sum() / 2;
        BudgetPlan plan = BudgetPlanner.Best(training, passing, training, limit, [], mostStates: 2000)!;
        Assert.False(plan.IsExact);
        Assert.InRange(plan.Cost, limit * (1 - (20 / 1000.0)), limit);
        Assert.Equal(plan.Cost, plan.Importance, 1e-12);
        Assert.Equal(CostOf([.. plan.Trained], passing, training), plan.Cost, 1e-12);
    }

    [Fact]
    public void TheEdgesAreWhatTheySayTheyAre()
    {
        Assert.Equal([false, false], BudgetPlanner.Best([1, 1], [1, 1], [1, 1], 1)!.Trained);        // nothing fits: the empty set
        Assert.Equal([true, true], BudgetPlanner.Best([1, 1], [1, 1], [1, 1], 4)!.Trained);
        Assert.Equal([true, false], BudgetPlanner.Best([1, 0], [1, 1], [1, 1], 4)!.Trained);         // what adds nothing is not bought
        Assert.Equal([false, false], BudgetPlanner.Best([-1, 0], [1, 1], [1, 1], 4)!.Trained);
        Assert.Equal([true, false], BudgetPlanner.Best([-1, 0], [1, 1], [1, 1], 4, [true, false])!.Trained);
        Assert.Equal([false, true], BudgetPlanner.Best([9, 1], [1, 1], [1, 1], 3, [false, true])!.Trained);   // 2 for passing, 1 for itself
        Assert.Null(BudgetPlanner.Best([1, 1], [1, 1], [1, 1], 2.9, [false, true]));
        Assert.Null(BudgetPlanner.Best([1, 1], [1, 1], [1, 1], -1));
        Assert.Empty(BudgetPlanner.Best([], [], [], 1)!.Trained);
    }

    [Fact]
    public void BadNumbersAreNamed()
    {
        Fails("lists of one length", () => BudgetPlanner.Best([1, 2], [1], [1, 2], 3));
        Fails("lists of one length", () => BudgetPlanner.Best([1], [1], [1], 3, [true, false]));
        Fails("found NaN for unit 1", () => BudgetPlanner.Best([1, double.NaN], [1, 1], [1, 1], 3));
        Fails("found -1 and 1 for unit 0", () => BudgetPlanner.Best([1], [-1], [1], 3));
        Fails("not negative", () => BudgetPlanner.Best([1], [1], [double.PositiveInfinity], 3));
        Fails("limit", () => BudgetPlanner.Best([1], [1], [1], double.NaN));

        static void Fails(string says, Action plan) => Assert.Contains(says, Assert.Throws<ArgumentException>(plan).Message, StringComparison.Ordinal);
    }

    private static double[] Numbers(RandomStream random, int count, bool isWhole) =>
        [.. Enumerable.Range(0, count).Select(_ => isWhole ? random.NextInt32(12) : random.NextDouble())];

    private static double CostOf(bool[] trained, double[] passing, double[] training)
    {
        int deepest = Array.LastIndexOf(trained, true);
        return passing.Take(deepest + 1).Sum() + training.Where((_, i) => trained[i]).Sum();
    }

    private static double BruteForce(double[] importance, double[] passing, double[] training, double limit, bool[] forced, bool atLeastOne)
    {
        double best = double.NaN;
        for (int set = atLeastOne ? 1 : 0; set < 1 << importance.Length; set++)
        {
            bool[] trained = [.. importance.Select((_, i) => (set & (1 << i)) != 0)];
            if (trained.Zip(forced).Any(pair => pair.Second && !pair.First) || CostOf(trained, passing, training) > limit) continue;
            double found = importance.Where((_, i) => trained[i]).Sum();
            if (!(found <= best)) best = found;
        }
        return best;
    }
}
