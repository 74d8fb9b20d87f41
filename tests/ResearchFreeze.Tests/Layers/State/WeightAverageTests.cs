using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.Layers;

/// <summary>The moving average of weights, by hand: what trains is taken in at each update, what is frozen when it is next read.</summary>
public sealed class WeightAverageTests : IDisposable
{
    private readonly CpuDevice device = new(1);
    private readonly Linear layer;

    public WeightAverageTests() => layer = new Linear(1, 1, bias: false).Initialize(device, seed: 1);

    public void Dispose()
    {
        layer.Dispose();
        device.Dispose();
    }

    // d is 0.1, 2/11, 3/12, … up to the decay: 0.1 · 1 + 0.9 · 2 = 1.9; 2/11 · 1.9 + 9/11 · 4 = 3.61818…; 0.2 · 3.61818 + 0.8 · 8 = 7.12364.
    [Fact]
    public void EachUpdateIsTheFormulas()
    {
        Set(1);
        using var average = new WeightAverage(layer, 0.2);
        double[] expected = [1.9, 3.618181818, 7.123636364];
        float value = 1;
        foreach (double right in expected)
        {
            Set(value *= 2);
            average.Update();
            Assert.Equal(right, Average(average), 1e-6);
            Assert.Equal(value, Value);
        }
        Assert.Equal(3, average.Updates);
    }

    [Fact]
    public void AFrozenParameterIsNotReadUntilSomebodyAsksAndThenHasComeAsFar()
    {
        Set(1);
        using var lazy = new WeightAverage(layer, 0.9);
        using var eager = new WeightAverage(layer, 0.9);
        Set(5);
        Both();
        layer.Parameters().Single().IsFrozen = true;
        for (int i = 0; i < 5; i++)
        {
            long calls = device.Counters.TotalCalls;
            lazy.Update();
            Assert.Equal(0, device.Counters.TotalCalls - calls);
            layer.Parameters().Single().IsFrozen = false;
            eager.Update();
            layer.Parameters().Single().IsFrozen = true;
        }
        Assert.Equal(Average(eager), Average(lazy), 1e-5);
        // Thawed by a controller at a step's end: the value is still that of all the steps before.
        lazy.Update();
        layer.Parameters().Single().IsFrozen = false;
        eager.Update();
        Both();
        Set(7);
        Both();
        Assert.Equal(Average(eager), Average(lazy), 1e-5);

        void Both()
        {
            lazy.Update();
            eager.Update();
        }
    }

    [Fact]
    public void TheModelHasItsWeightsBackBitForBit()
    {
        Set(1 / 3f);
        using var average = new WeightAverage(layer, 0.5);
        Set(1 / 7f);
        average.Update();
        IDisposable inUse = average.Use();
        Assert.NotEqual(1 / 7f, Value);
        Assert.Contains("holds the average now", Assert.Throws<InvalidOperationException>(average.Update).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(average.Use);
        inUse.Dispose();
        inUse.Dispose();
        Assert.Equal(1 / 7f, Value);
    }

    [Fact]
    public void AStateGoesOnBitForBitAndBelongsToItsDecay()
    {
        Set(1);
        using var average = new WeightAverage(layer, 0.9);
        using var other = new WeightAverage(layer, 0.9);
        using var wrong = new WeightAverage(layer, 0.99);
        Set(3);
        average.Update();
        layer.Parameters().Single().IsFrozen = true;
        average.Update();
        var state = new StateTree();
        average.SaveState(state);
        ((IStateful)other).LoadState(state);
        Assert.Equal(Average(average), Average(other));
        Assert.Equal(2, other.Updates);
        Assert.Contains("decay 0.9", Assert.Throws<FormatException>(() => ((IStateful)wrong).LoadState(state)).Message, StringComparison.Ordinal);
    }

    /// <summary>A checkpoint of a model that holds the average has both exchanged, and would be read without a word.</summary>
    [Fact]
    public void AStateIsNeitherSavedNorReadWhileTheModelHoldsTheAverage()
    {
        Set(1);
        using var average = new WeightAverage(layer, 0.5);
        Set(3);
        average.Update();
        var state = new StateTree();
        average.SaveState(state);
        using (average.Use())
        {
            Assert.Contains("SaveState: the model holds the average now", Assert.Throws<InvalidOperationException>(() => average.SaveState(new StateTree())).Message, StringComparison.Ordinal);
            Assert.Contains("ReadState: the model holds the average now", Assert.Throws<InvalidOperationException>(() => ((IStateful)average).LoadState(state)).Message, StringComparison.Ordinal);
        }
        Assert.Equal(3, Value);
    }

    [Fact]
    public void AnAverageThatIsReleasedWhileInUseGivesTheWeightsBack()
    {
        Set(1);
        var average = new WeightAverage(layer, 0.5);
        Set(3);
        average.Update();
        long live = device.Counters.Live(MemoryKind.Statistic);
        IDisposable inUse = average.Use();
        average.Dispose();
        Assert.Equal(3, Value);
        inUse.Dispose();
        average.Dispose();
        Assert.Equal(3, Value);
        Assert.Equal(4, live - device.Counters.Live(MemoryKind.Statistic));
        Assert.Throws<ObjectDisposedException>(average.Update);
        Assert.Throws<ObjectDisposedException>(average.Use);
        Assert.Throws<ObjectDisposedException>(() => average.SaveState(new StateTree()));
    }

    [Fact]
    public void RunningMomentsAreAveragedToo()
    {
        using var norm = new BatchNorm(2);
        norm.Initialize(device, seed: 1);
        using var average = new WeightAverage(norm, 0.9);
        Tensor moment = norm.Buffers().First().Value;
        float[] start = moment.ToArray(), moved = [.. start.Select(value => value + 10)];
        device.Upload(moved, moment.Range);
        average.Update();
        using (average.Use()) Assert.Equal(start.Select(value => value + 9), moment.ToArray().Select(value => MathF.Round(value, 4)));
        Assert.Equal(moved, moment.ToArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-0.5)]
    [InlineData(double.NaN)]
    public void ADecayThatIsNoneIsRefused(double decay) => Assert.Throws<ArgumentOutOfRangeException>(() => new WeightAverage(layer, decay));

    private float Value => layer.Parameters().Single().Value.ToArray()[0];

    private void Set(float value) => layer.Parameters().Single().Set(value);

    private double Average(WeightAverage average)
    {
        using (average.Use()) return Value;
    }
}
