namespace ResearchFreeze.Autograd;

public sealed partial class Tensor
{
    /// <summary>Where along an axis (negative: from the innermost) the largest element is, the first of equals; a NaN is larger than any number. The axis is gone from the result unless it is kept.</summary>
    /// <exception cref="ShapeException">There is no such axis, or it has no elements.</exception>
    public IntTensor ArgMax(int axis, bool keepAxis = false)
    {
        int mask = AxisMask("argmax", [axis]), at = axis < 0 ? axis + Shape.Rank : axis;
        if (Shape[at] == 0) throw new ShapeException($"argmax: axis {axis} of {Shape} has no elements.");
        var layout = new ReduceLayout(Shape, mask);
        using CostScope booking = Device.Counters.For(Device.Counters.Kind, Unit);
        // The primitive finds places in the whole tensor, beside the values.
        using Tensor values = Empty(Device, [layout.Outputs]);
        using var places = IntTensor.Empty(Device, [layout.Outputs]);
        var result = IntTensor.Empty(Device, ReduceLayout.ResultOf(Shape, mask, keepAxis));
        if (layout.Outputs == 0) return result;
        Device.ReduceMax(layout, Range, values.Range, places.Range);
        Device.AxisIndices(Shape[at], Shape.CountOf(at + 1, Shape.Rank), places.Range, result.Range);
        return result;
    }

    /// <summary>Where along an axis (negative: from the innermost) the least element is, the first of equals; a NaN is less than any number. The axis is gone from the result unless it is kept.</summary>
    /// <exception cref="ShapeException">There is no such axis, or it has no elements.</exception>
    public IntTensor ArgMin(int axis, bool keepAxis = false)
    {
        using Tensor negative = StopGradient().Negate();
        return negative.ArgMax(axis, keepAxis);
    }
}
