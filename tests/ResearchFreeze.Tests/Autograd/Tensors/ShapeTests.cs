using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

public sealed class ShapeTests
{
    [Fact]
    public void AShapeIsSpreadAndMatchedByItsExtents()
    {
        Shape shape = [3, 4], longer = [2, .. shape, 1], same = [.. shape];
        Assert.Equal([2, 3, 4, 1], longer.ToArray());
        Assert.Equal(shape, same);
        Assert.True(shape is [3, 4]);
        Assert.True(shape is [_, 4] and not [_, 4, _]);
        Assert.Equal((2, 12), (shape.Length, shape.Count));
    }

    [Theory]
    [InlineData(65536, 65536)]
    [InlineData(0, 65536, 65536)]
    [InlineData(65536, 0, 65536)]
    [InlineData(int.MaxValue, 0, 2)]
    public void MoreElementsThanCanBeCountedAreRefusedAlsoBesideAnEmptyAxis(params int[] extents) =>
        Assert.StartsWith("Shape: at most 2147418112 elements, found more in (", Assert.Throws<ArgumentException>(() => new Shape(extents)).Message, StringComparison.Ordinal);

    [Fact]
    public void AnEmptyAxisIsFine() => Assert.Equal((0, 12), (new Shape(3, 0, 4).Count, new Shape(0, 3, 4).CountOf(1, 3)));

    [Theory]
    [InlineData(7, "(1, 3)", 2, 4)]
    [InlineData(7, "7", 9)]
    [InlineData(0, "()")]
    [InlineData(23, "(1, 2, 3)", 2, 3, 4)]
    public void AnElementsPositionIsByAxes(int element, string position, params int[] extents) => Assert.Equal(position, new Shape(extents).PositionOf(element));
}
