namespace ResearchFreeze.Autograd;

public sealed partial class Tensor
{
    /// <summary>The product of the elements over axes (negative: from the innermost), half by half. The gradient of an element is the product of the others, also where some are 0; of no elements it is 1.</summary>
    /// <exception cref="ShapeException">There is no such axis, or one is named twice.</exception>
    public Tensor Product(ReadOnlySpan<int> axes, bool keepAxes = false)
    {
        int mask = AxisMask("product", axes);
        Tensor product = this;
        for (int axis = 0; axis < Shape.Rank; axis++)
        {
            if ((mask >> axis & 1) != 0) product = product.Folded(axis);
        }
        return product.Reshape(ReduceLayout.ResultOf(Shape, mask, keepAxes));
    }

    /// <summary>The product along one axis, which stays with extent 1.</summary>
    private Tensor Folded(int axis)
    {
        if (Shape[axis] == 0) return Full(Device, Shape.With(axis, 1), 1);
        Tensor left = this;
        for (int count = left.Shape[axis]; count > 1; count = left.Shape[axis])
        {
            int half = count / 2;
            Tensor folded = left.Slice(axis, 0, half) * left.Slice(axis, half, 2 * half);
            left = count % 2 == 0 ? folded : Concatenate(axis, folded, left.Slice(axis, count - 1, count));
        }
        return left;
    }
}
