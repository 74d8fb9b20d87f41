namespace ResearchFreeze.Autograd;

public sealed partial class Tensor
{
    /// <summary>The <paramref name="count"/> largest elements along the innermost axis, the largest first, and where they are. The first of equals comes first; a NaN is larger than any number. The gradient goes to those elements.</summary>
    /// <exception cref="ShapeException">There are fewer, or no axis.</exception>
    public (Tensor Values, IntTensor Indices) TopK(int count)
    {
        if (Shape.Rank == 0 || count < 0 || count > Shape[^1]) throw new ShapeException($"top k: {count} elements of the innermost axis of {Shape}.");
        int rows = Shape.CountOf(0, Shape.Rank - 1), columns = Shape[^1];
        Shape shape = Shape.With(Shape.Rank - 1, count);
        using CostScope booking = Device.Counters.For(Device.Counters.Kind, Unit);
        using var places = IntTensor.Empty(Device, [rows * count]);
        var indices = IntTensor.Empty(Device, shape);
        Device.TopIndices(rows, columns, count, Range, places.Range);
        if (columns > 0) Device.AxisIndices(columns, 1, places.Range, indices.Range);
        return (Reshape(-1, 1).Embedding(places).Reshape(shape), indices);
    }
}
