using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>The same elements in another shape: no copy forward, none backward.</summary>
public sealed class ReshapeFunction(Shape shape) : Function
{
    /// <inheritdoc/>
    public override string Name => "reshape";

    /// <inheritdoc/>
    public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs)
    {
        var x = (Tensor)inputs[0];
        if (x.Shape.Count != shape.Count) throw new ShapeException($"reshape: {x.Shape} has {x.Shape.Count} elements, {shape} has {shape.Count}.");
        return x.Alias(shape);
    }

    /// <inheritdoc/>
    public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx) => dx.Pass(dy);
}

public sealed partial class Tensor
{
    /// <summary>The same elements in another shape, sharing memory.</summary>
    /// <exception cref="ShapeException">The numbers of elements differ.</exception>
    public Tensor Reshape(Shape shape) => new ReshapeFunction(shape).Apply([this]);

    /// <summary>The same elements in another shape, sharing memory: <c>x.Reshape(-1, 10)</c>. One extent may be −1: what is left for it.</summary>
    /// <exception cref="ShapeException">The numbers of elements differ, more than one extent is −1, or another is negative.</exception>
    [OverloadResolutionPriority(1)]
    public Tensor Reshape(params ReadOnlySpan<int> extents)
    {
        int open = extents.IndexOf(-1);
        if (open < 0) return Reshape(Shape.Create(extents));
        if (extents[(open + 1)..].Contains(-1)) throw new ShapeException($"reshape: one extent can be left open, found -1 twice in ({string.Join(", ", extents.ToArray())}).");
        Span<int> closed = stackalloc int[extents.Length];
        extents.CopyTo(closed);
        closed[open] = 1;
        int others = Shape.Create(closed).Count;
        if (others == 0 || Shape.Count % others != 0) throw new ShapeException($"reshape: {Shape} has {Shape.Count} elements, which ({string.Join(", ", extents.ToArray())}) does not divide.");
        closed[open] = Shape.Count / others;
        return Reshape(Shape.Create(closed));
    }

    /// <summary>Without axes of extent 1: those named (negative: from the innermost), or all of them. Shares memory.</summary>
    /// <exception cref="ShapeException">There is no such axis, or its extent is not 1.</exception>
    public Tensor Squeeze(params ReadOnlySpan<int> axes)
    {
        int mask = AxisMask("squeeze", axes);
        Span<int> left = stackalloc int[Shape.MaxRank];
        int rank = 0;
        for (int axis = 0; axis < Shape.Rank; axis++)
        {
            bool isNamed = (mask >> axis & 1) != 0;
            if (isNamed && Shape[axis] != 1) throw new ShapeException($"squeeze: axis {axis} of {Shape} has extent {Shape[axis]}, not 1.");
            if (!isNamed && (Shape[axis] != 1 || axes.Length > 0)) left[rank++] = Shape[axis];
        }
        return Reshape(new Shape(left[..rank]));
    }

    /// <summary>With an axis of extent 1 before this one (negative: from behind the innermost): (3, 4) becomes (3, 1, 4) by 1, (3, 4, 1) by 2 or −1. Shares memory.</summary>
    /// <exception cref="ShapeException">There is no such place, or there are six axes already.</exception>
    public Tensor Unsqueeze(int axis)
    {
        int at = axis < 0 ? axis + Shape.Rank + 1 : axis;
        if ((uint)at > (uint)Shape.Rank || Shape.Rank == Shape.MaxRank) throw new ShapeException($"unsqueeze: shape {Shape} has no place {axis} for another axis.");
        Span<int> extents = stackalloc int[Shape.MaxRank];
        for (int i = 0; i <= Shape.Rank; i++) extents[i] = i < at ? Shape[i] : i == at ? 1 : Shape[i - 1];
        return Reshape(new Shape(extents[..(Shape.Rank + 1)]));
    }
}
