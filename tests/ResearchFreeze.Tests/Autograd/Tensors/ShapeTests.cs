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
}
