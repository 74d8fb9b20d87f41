using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

// Pooling.
public abstract partial class DevicePrimitiveParity
{
    private IEnumerable<Pool2dShape> Poolings => PoolShapes.Table.Concat(PoolShapes.Random(60)).Where(shape => Math.Max(shape.InputCount, shape.OutputCount) <= MaxElements);

    [Fact]
    public void MaxPoolFindsTheFirstOfEqualsAndNotANumber()
    {
        foreach (Pool2dShape shape in Poolings)
        {
            foreach (double notANumber in (double[])[0, 0.1, 1])
            {
                Twin x = Ties("x", shape.InputCount, notANumber), y = Garbage("y", shape.OutputCount), alone = Garbage("y without indices", shape.OutputCount);
                Twin indices = Integers("indices", shape.OutputCount);
                foreach (Device on in Both())
                {
                    on.MaxPool(shape, x.On(on), y.On(on), indices.On(on));
                    on.MaxPool(shape, x.On(on), alone.On(on), null);
                }
                Check($"{shape} {notANumber}", y, alone, x);
                indices.AssertSameIntegers($"{shape} {notANumber}", reference, Device);
                Release();
            }
        }
    }

    [Fact]
    public void MaxPoolOrdersInfinities()
    {
        var shape = new Pool2dShape(1, 2, 8, 3, 2, 2, 0);
        double[] values = [double.NegativeInfinity, double.PositiveInfinity, 1, -1, double.NaN, -0.0, 0];
        var drawn = new double[shape.InputCount];
        for (int i = 0; i < drawn.Length; i++) drawn[i] = i < 12 ? double.NegativeInfinity : values[random.NextInt32(values.Length)];
        Twin x = Keep(Twin.Of("x", drawn, reference, Device)), y = Garbage("y", shape.OutputCount), indices = Integers("indices", shape.OutputCount);
        foreach (Device on in Both()) on.MaxPool(shape, x.On(on), y.On(on), indices.On(on));
        Check("infinities", y);
        indices.AssertSameIntegers("infinities", reference, Device);
    }

    [Fact]
    public void MaxPoolBackwardGivesEachMaximumItsGradient()
    {
        foreach (Pool2dShape shape in Poolings)
        {
            Twin x = Ties("x", shape.InputCount, 0.05), y = Garbage("y", shape.OutputCount), dy = Random("dy", shape.OutputCount), indices = Integers("indices", shape.OutputCount);
            foreach (Device on in Both()) on.MaxPool(shape, x.On(on), y.On(on), indices.On(on));
            foreach (float beta in Betas)
            {
                Twin dx = Output("dx", shape.InputCount, beta);
                foreach (Device on in Both()) on.MaxPoolBackward(shape, indices.On(on), dy.On(on), dx.On(on), beta);
                Check($"{shape} beta {beta}", dx, dy);
            }
            Release();
        }
    }

    [Fact]
    public void AveragePoolAndItsGradientCountThePaddingAsZeros()
    {
        foreach (Pool2dShape shape in Poolings)
        {
            Twin x = Random("x", shape.InputCount), y = Garbage("y", shape.OutputCount), dy = Random("dy", shape.OutputCount);
            foreach (Device on in Both()) on.AveragePool(shape, x.On(on), y.On(on));
            Check($"{shape}", y, x);
            foreach (float beta in Betas)
            {
                Twin dx = Output("dx", shape.InputCount, beta);
                foreach (Device on in Both()) on.AveragePoolBackward(shape, dy.On(on), dx.On(on), beta);
                Check($"{shape} beta {beta}", dx, dy);
            }
            Release();
        }
    }

    /// <summary>A handful of different numbers, and NaN as often as asked for.</summary>
    private Twin Ties(string name, int length, double notANumber)
    {
        var values = new double[length];
        for (int i = 0; i < length; i++) values[i] = random.NextDouble() < notANumber ? double.NaN : random.NextInt32(5) - 2;
        return Keep(Twin.Of(name, values, reference, Device));
    }

    /// <summary>Integers that are to be overwritten.</summary>
    private Twin Integers(string name, int length) => Keep(Twin.Of(name, [.. Enumerable.Repeat(int.MinValue, length)], reference, Device));
}
