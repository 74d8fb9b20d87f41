using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>Spectrum's ratio by hand, what units are of a kind, and which of a kind go on training.</summary>
public sealed class TopSignalTests
{
    /// <summary>
    /// Singular values 4, 3, 2, 1: quartiles 1.75 and 3.25, σ = 1.5 / 1.349 = 1.1119, ε = 2σ = 2.2239, (4 + 3) / (2 + 1) / 4. Of 3 and 1 in a 2 × 3 matrix: quartiles 1.5 and 2.5, σ = 0.7413, ε = σ · (1 + √⅔) = 1.3466,
    /// 3 / 1 / 3. Where all are equal the range is 0: all are signal, and 1 stands below the line.
    /// </summary>
    [Theory]
    [InlineData(7.0 / 12, 4, new float[] { 4, 0, 0, 0, 0, -3, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1 })]
    [InlineData(1, 2, new float[] { 3, 0, 0, 0, 1, 0 })]
    [InlineData(1, 3, new float[] { 0, 3, 1, 0, 0, 0 })]
    [InlineData(3, 3, new float[] { 0, 0, 1, 1, 0, 0, 0, 1, 0 })]
    [InlineData(1, 1, new float[] { 3, 4 })]
    [InlineData(double.NaN, 2, new float[] { 0, 0, 0, 0 })]
    [InlineData(double.NaN, 2, new float[] { 1, float.NaN, 0, 0 })]
    [InlineData(double.NaN, 1, new float[] { 1, float.PositiveInfinity })]
    public void TheRatioIsTheFormulas(double expected, int rows, float[] values) => Assert.Equal(expected, SpectralSignal.Ratio(values, rows), 1e-12);

    [Fact]
    public void NoMatrixIsRefused()
    {
        Assert.Contains("3 values are no matrix of 2 rows", Assert.Throws<ArgumentException>(() => SpectralSignal.Ratio([1, 2, 3], 2)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => SpectralSignal.Ratio([], 1));
        Assert.Equal("top-signal: the percentage must be in [0, 100], found 101. (Parameter 'percent')", Assert.Throws<ArgumentOutOfRangeException>(() => new TopSignal(101)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => new TopSignal(double.NaN));
    }

    [Theory]
    [InlineData("encoder.layer.3.attention.self.query", "attention.self.query")]
    [InlineData("blocks.0.1.conv", "1.conv")]
    [InlineData("layers.2", "layers")]
    [InlineData("fc12", "fc")]
    [InlineData("block2.conv1", "block.conv1")]
    [InlineData("stem", "stem")]
    public void AKindIsAPathWithoutItsLayersNumber(string path, string kind) => Assert.Equal(kind, TopSignal.KindOf(path));

    /// <summary>
    /// Of the kind fc the units 1, 3, 4 and 5 have ratios of 2, 1, 3 and 1, and 2 is of zeros and has none: half of four train, of equal ones the first. A lone norm is frozen; an embedding, 0, and a head, 7, train.
    /// </summary>
    [Fact]
    public void TheHighestOfAKindTrain()
    {
        (string Path, Shape Shape, float[] Values)[] units =
        [
            ("tokens", new Shape(2, 2), [1, 0, 0, 1]), ("layer.0.fc", new Shape(2, 2), [1, 0, 0, 1]), ("layer.1.fc", new Shape(2, 2), [0, 0, 0, 0]), ("layer.2.fc", new Shape(1, 2), [1, 1]), ("layer.3.fc", new Shape(3, 1, 1, 3), [1, 0, 0, 0, 1, 0, 0, 0, 1]),
            ("layer.4.fc", new Shape(1, 2), [5, 5]), ("norm", new Shape(2), [1, 1]), ("head", new Shape(1, 2), [1, 1]),
        ];
        string Frozen(double percent)
        {
            UnitView[] views = [.. units.Select((unit, i) => new UnitView(i, unit.Path, new UnitHistory(), double.NaN, "", false, 0, 0, unit.Path == "head", _ => default)
            {
                IsEmbedding = unit.Path == "tokens",
                // A bias stands in front of the matrix: the matrix counts.
                Shapes = [new Shape(1), unit.Shape],
                Values = place => place == 1 ? unit.Values : [2],
            })];
            FreezeDecision decision = ((IFreezeRule)new TopSignal(percent)).Start().Decide(new CheckContext(views, 0, 0.1f, [], new RandomStream(1, "rule")));
            return string.Concat(decision.Units.Index().Where(unit => unit.Item.Frozen).Select(unit => unit.Index));
        }

        Assert.Equal("356", Frozen(50));
        Assert.Equal("56", Frozen(75));
        Assert.Equal("13456", Frozen(0));
        Assert.Equal("", Frozen(100));
    }
}
