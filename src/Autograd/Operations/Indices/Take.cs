namespace ResearchFreeze.Autograd;

public sealed partial class Tensor
{
    /// <summary>The places of an axis (negative: from the innermost) that a vector of ids names, in its order, any of them several times: PyTorch's <c>index_select</c>. The gradient of a place is the sum over its uses.</summary>
    /// <exception cref="ShapeException">There is no such axis, or the ids are no vector.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An id is none of the axis's places; the message has it and its position. One that was written on the device makes its elements NaN.</exception>
    public Tensor Take(int axis, IntTensor ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        AxisMask("take", [axis]);
        if (ids.Shape.Rank != 1) throw new ShapeException($"take: needs a vector of ids, found {ids.Shape}.");
        int at = axis < 0 ? axis + Shape.Rank : axis;
        ids.CheckBelow(Shape[at], "take", "id");
        int[] toFront = [at, .. Enumerable.Range(0, Shape.Rank).Where(other => other != at)], back = [.. Enumerable.Range(0, Shape.Rank).Select(i => Array.IndexOf(toFront, i))];
        Tensor front = at == 0 ? this : Permute(toFront);
        Tensor rows = front.Reshape([front.Shape[0], front.Shape.CountOf(1, Shape.Rank)]).Embedding(ids).Reshape(front.Shape.With(0, ids.Shape[0]));
        return at == 0 ? rows : rows.Permute(back);
    }

    /// <summary>y[…, j, …] = x[…, ids[…, j, …], …] along an axis (negative: from the innermost): PyTorch's <c>gather</c>. The ids have this shape, but for the axis's extent. The gradient of an element is the sum over its uses.</summary>
    /// <exception cref="ShapeException">There is no such axis, or the ids differ in another one.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An id is none of the axis's places; the message has it and its position. One that was written on the device makes its element NaN.</exception>
    public Tensor TakeAlong(int axis, IntTensor ids)
    {
        using IntTensor places = PlacesAlong("take along", axis, ids);
        return Reshape(-1, 1).Embedding(places).Reshape(ids.Shape);
    }

    /// <summary>A copy to which rows are added by ids: y[ids[i]] = x[ids[i]] + Σ rows[i], those of one id in their order. Both are differentiated where wanted.</summary>
    /// <param name="ids">A vector: the row of this tensor, along its leading axis, for each of <paramref name="rows"/>.</param>
    /// <param name="rows">As many rows as ids, each of this tensor's shape without its leading axis.</param>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An id is no row; the message has it and its position. One that was written on the device adds nothing.</exception>
    public Tensor IndexAdd(IntTensor ids, Tensor rows)
    {
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentNullException.ThrowIfNull(rows);
        return IndexAddFunction.Instance.Apply([this, rows, ids]);
    }

    /// <summary>A copy to which elements are added along an axis (negative: from the innermost): y[…, ids[…, j, …], …] += source[…, j, …], PyTorch's <c>scatter_add</c>. Both are differentiated where wanted.</summary>
    /// <exception cref="ShapeException">There is no such axis, or ids and source differ from one another or, in another axis, from this.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An id is none of the axis's places; the message has it and its position. One that was written on the device adds nothing.</exception>
    public Tensor ScatterAdd(int axis, IntTensor ids, Tensor source)
    {
        ArgumentNullException.ThrowIfNull(source);
        using IntTensor places = PlacesAlong("scatter add", axis, ids);
        if (source.Shape != ids.Shape) throw new ShapeException($"scatter add: source {source.Shape} and ids {ids.Shape} differ.");
        return Reshape(-1, 1).IndexAdd(places, source.Reshape(-1, 1)).Reshape(Shape);
    }

    /// <summary>Places along an axis as places in this tensor, a vector.</summary>
    private IntTensor PlacesAlong(string operation, int axis, IntTensor ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        AxisMask(operation, [axis]);
        int at = axis < 0 ? axis + Shape.Rank : axis;
        if (ids.Shape.Rank != Shape.Rank || ids.Shape.With(at, 0) != Shape.With(at, 0)) throw new ShapeException($"{operation}: ids {ids.Shape} differ from {Shape} beyond axis {axis}.");
        ids.CheckBelow(Shape[at], operation, "id");
        var places = IntTensor.Empty(Device, [ids.Shape.Count]);
        if (places.Shape.Count > 0) Device.FlatIndices(Shape[at], ids.Shape[at], Shape.CountOf(at + 1, Shape.Rank), ids.Range, places.Range);
        return places;
    }
}
