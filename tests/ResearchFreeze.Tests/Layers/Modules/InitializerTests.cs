using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.Layers;

public sealed class InitializerTests
{
    private static readonly Shape Dense = [200, 300], Convolution = [64, 3, 3, 32];      // fan-in 300 and 288, fan-out 200 and 576

    public static TheoryData<string, double, double> Spread => new()
    {
        // name, deviation for the dense weights, deviation for the convolution's
        { "kaiming uniform", Math.Sqrt(2.0 / 300), Math.Sqrt(2.0 / 288) },
        { "kaiming normal", Math.Sqrt(2.0 / 300), Math.Sqrt(2.0 / 288) },
        { "xavier uniform", Math.Sqrt(2.0 / 500), Math.Sqrt(2.0 / (288 + 576)) },
        { "xavier normal", Math.Sqrt(2.0 / 500), Math.Sqrt(2.0 / (288 + 576)) },
        { "normal", 0.3, 0.3 },
        { "truncated normal", 0.3 * 0.8796, 0.3 * 0.8796 },                              // a normal cut at two deviations has 0.8796 of its deviation
    };

    [Theory]
    [MemberData(nameof(Spread))]
    public void HasTheSpreadOfItsPaper(string name, double dense, double convolution)
    {
        foreach ((Shape shape, double expected) in new[] { (Dense, dense), (Convolution, convolution) })
        {
            float[] values = Draw(Of(name), shape, 1);
            double mean = values.Average(), deviation = Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / values.Length);
            Assert.Equal(0, mean, 0.02 * expected);
            Assert.Equal(expected, deviation, 0.015 * expected);
            Assert.Equal(values, Draw(Of(name), shape, 1));
            Assert.NotEqual(values, Draw(Of(name), shape, 2));
        }
    }

    [Fact]
    public void BoundsHold()
    {
        Assert.All(Draw(Initializers.TruncatedNormal(0.3), Dense, 1), value => Assert.InRange(value, -0.6f, 0.6f));
        double bound = Math.Sqrt(6.0 / 500);
        float[] uniform = Draw(Initializers.XavierUniform, Dense, 1);
        Assert.All(uniform, value => Assert.InRange(value, -bound, bound));
        Assert.True(uniform.Max() > 0.99 * bound);
    }

    /// <summary>Beyond two deviations lie 4.55 % of a normal, and nothing of a uniform distribution.</summary>
    [Theory]
    [InlineData("kaiming normal", 2.0 / 300, 0.0455)]
    [InlineData("xavier normal", 2.0 / 500, 0.0455)]
    [InlineData("normal", 0.09, 0.0455)]
    [InlineData("truncated normal", 0.09, 0)]
    [InlineData("kaiming uniform", 2.0 / 300, 0)]
    public void HasTheTailsOfItsKind(string name, double variance, double beyond)
    {
        float[] values = Draw(Of(name), Dense, 1);
        Assert.Equal(beyond, values.Count(value => value * value > 4.0001 * variance) / (double)values.Length, 0.003);
    }

    [Fact]
    public void ADeviationIsNotNegative()
    {
        foreach (double wrong in (double[])[-1, double.NaN, double.PositiveInfinity])
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => Initializers.Normal(wrong));
            Assert.Throws<ArgumentOutOfRangeException>(() => Initializers.TruncatedNormal(wrong));
        }
    }

    private static Initializer Of(string name) => name switch
    {
        "kaiming uniform" => Initializers.KaimingUniform(Math.Sqrt(2)),
        "kaiming normal" => Initializers.KaimingNormal(Math.Sqrt(2)),
        "xavier uniform" => Initializers.XavierUniform,
        "xavier normal" => Initializers.XavierNormal,
        "normal" => Initializers.Normal(0.3),
        _ => Initializers.TruncatedNormal(0.3),
    };

    private static float[] Draw(Initializer initializer, Shape shape, ulong seed)
    {
        var values = new float[shape.Count];
        initializer(new RandomStream(seed, "weights"), shape, values);
        return values;
    }
}
