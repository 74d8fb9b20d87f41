namespace ResearchFreeze.Autograd;

public sealed partial class Tensor
{
    /// <summary>An operation on the innermost axis done over other axes: they are moved there, made one, and put back.</summary>
    private Tensor AlongInnermost(string operation, ReadOnlySpan<int> axes, Func<Tensor, Tensor> apply)
    {
        int mask = AxisMask(operation, axes);
        int[] order = [.. Enumerable.Range(0, Shape.Rank).Where(axis => (mask >> axis & 1) == 0), .. Enumerable.Range(0, Shape.Rank).Where(axis => (mask >> axis & 1) != 0)];
        bool isInOrder = order.SequenceEqual(Enumerable.Range(0, Shape.Rank));
        Tensor moved = isInOrder ? this : Permute(order);
        Tensor result = apply(moved.Reshape([moved.Shape.CountOf(0, Shape.Rank - axes.Length), moved.Shape.CountOf(Shape.Rank - axes.Length, Shape.Rank)])).Reshape(moved.Shape);
        return isInOrder ? result : result.Permute([.. Enumerable.Range(0, Shape.Rank).Select(axis => Array.IndexOf(order, axis))]);
    }
}
