using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.Layers;

public class ScheduleTests
{
    [Fact]
    public void RatesAreAsComputedByHand()
    {
        Assert.Equal(0.1f, new Constant(0.1f).Rate(1000));
        Assert.Equal([1f, 1f, 0.1f, 0.1f, 0.01f], Rates(new StepDecay(1, 2), 5), Close);
        Assert.Equal([1f, 0.853553f, 0.5f, 0.146447f, 0f, 0f], Rates(new Cosine(1, 4), 6), Close);
        Assert.Equal([0.55f, 0.1f], new[] { new Cosine(1, 4, 0.1f).Rate(2), new Cosine(1, 4, 0.1f).Rate(4) }, Close);
        Assert.Equal([1f, 0.75f, 0.5f, 0.25f, 0f, 0f], Rates(new Polynomial(1, 4), 6), Close);
        Assert.Equal([1f, 0.5625f, 0.25f, 0.0625f, 0f, 0f], Rates(new Polynomial(1, 4, 2), 6), Close);
        Assert.Equal([1f, 0.892820f, 0.765685f, 0.6f, 0.2f, 0.2f], Rates(new Polynomial(1, 4, 0.5f, 0.2f), 6), Close);   // 0.2 + 0.8·√(1, 3/4, 1/2, 1/4, 0)
        Assert.Equal([0.25f, 0.5f, 0.75f, 1f, 1f], Rates(new WarmUp(4, new Constant(1)), 5), Close);
        // 10 steps, 30 % rising: 1/25 at step 0, the peak at step 2, 1/25e4 at step 9.
        float[] cycle = Rates(new OneCycle(1, 10), 10);
        Assert.Equal(0.04f, cycle[0], 1e-6f);
        Assert.Equal(0.52f, cycle[1], 1e-6f);
        Assert.Equal(1f, cycle[2], 1e-6f);
        Assert.Equal(4e-6f, cycle[9], 1e-9f);
    }

    [Fact]
    public void APlateauFallsWhenMeasurementsDoNotImproveAndKeepsThePast()
    {
        var schedule = new Plateau(1, patience: 2, factor: 0.5f, margin: 0.1);
        // Measured after every ten steps, lower is better: 5, 4, 3.95 (too little), 4 → falls at 40; 3.8, 3.75, 3.9 → falls at 70.
        double[] losses = [5, 4, 3.95, 4, 3.8, 3.75, 3.9];
        for (int i = 0; i < losses.Length; i++) schedule.Observe(10 * (i + 1), losses[i], higherIsBetter: false);
        Assert.Equal([1f, 1f, 0.5f, 0.5f, 0.25f], new[] { 0, 39, 40, 69, 70 }.Select(schedule.Rate), Close);
        var state = new StateTree();
        schedule.SaveState(state);
        var other = new Plateau(1, patience: 2, factor: 0.5f, margin: 0.1);
        ((IStateful)other).LoadState(state);
        schedule.Observe(80, 4, higherIsBetter: false);
        other.Observe(80, 4, higherIsBetter: false);
        schedule.Observe(90, double.NaN, higherIsBetter: false);
        other.Observe(90, double.NaN, higherIsBetter: false);
        Assert.Equal([0.25f, 0.125f], new[] { 89, 90 }.Select(schedule.Rate), Close);
        Assert.Equal(Rates(schedule, 100), Rates(other, 100));
        var higher = new Plateau(1, patience: 1);
        foreach (double accuracy in new[] { 0.5, 0.6, 0.6 }) higher.Observe(7, accuracy, higherIsBetter: true);
        Assert.Equal(0.1f, higher.Rate(7), 1e-6f);
        Assert.Throws<ArgumentOutOfRangeException>(() => new Plateau(1, patience: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Plateau(1, factor: 1));
    }

    /// <summary>A state belongs to a schedule with all of its settings: those of any two that differ have other keys.</summary>
    [Fact]
    public void KeysNameEverySetting()
    {
        Schedule[] all =
        [
            new Constant(0.1f), new Constant(0.2f), new Cosine(0.1f, 10), new Cosine(0.2f, 10), new Cosine(0.1f, 20), new Cosine(0.1f, 10, 0.01f), new StepDecay(0.1f, 10), new StepDecay(0.2f, 10),
            new StepDecay(0.1f, 20), new StepDecay(0.1f, 10, 0.5f), new OneCycle(0.1f, 10), new OneCycle(0.2f, 10), new OneCycle(0.1f, 20), new OneCycle(0.1f, 10, 0.5f), new OneCycle(0.1f, 10, divider: 5),
            new OneCycle(0.1f, 10, finalDivider: 5), new Polynomial(0.1f, 10), new Polynomial(0.2f, 10), new Polynomial(0.1f, 20), new Polynomial(0.1f, 10, 2),
            new Polynomial(0.1f, 10, 1, 0.01f), new WarmUp(5, new Constant(0.1f)), new WarmUp(6, new Constant(0.1f)), new WarmUp(5, new Constant(0.2f)), new Plateau(0.1f), new Plateau(0.2f), new Plateau(0.1f, 3), new Plateau(0.1f, 2, 0.2f), new Plateau(0.1f, margin: 0.1),
        ];
        Assert.Equal(all.Length, all.Select(schedule => schedule.Key).Distinct().Count());
        Assert.Equal("warm-up:steps=5,then cosine:rate=0.1,steps=10,minimum=0", new WarmUp(5, new Cosine(0.1f, 10)).Key);
        Assert.Equal("polynomial:rate=0.1,steps=10,power=2,end=0.01", new Polynomial(0.1f, 10, 2, 0.01f).Key);
    }

    private static float[] Rates(Schedule schedule, int steps) => [.. Enumerable.Range(0, steps).Select(schedule.Rate)];

    private static bool Close(float a, float b) => Math.Abs(a - b) < 1e-6f;
}
