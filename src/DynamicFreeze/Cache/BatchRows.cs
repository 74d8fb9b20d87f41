using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>Some samples of a batch as a batch of their own, padded as before.</summary>
internal static class BatchRows
{
    /// <summary>The samples at these places. Their tensors are the caller's.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="rows">Places in it.</param>
    /// <param name="hasInputs">Whether real values are wanted: they may not have been read yet.</param>
    public static Batch Of(Batch batch, ReadOnlySpan<int> rows, bool hasInputs)
    {
        var ids = new int[rows.Length];
        for (int i = 0; i < ids.Length; i++) ids[i] = batch.SampleIds.Span[rows[i]];
        IntTensor labels = Of(batch.Labels, rows);
        if (batch.Tokens is { } tokens) return Batch.OfTokens(Of(tokens, rows), Of(batch.Lengths!, rows), labels, ids) with
        {
            Segments = batch.Segments is { } segments ? Of(segments, rows) : null,
            AugmentationKey = batch.AugmentationKey,
        };
        if (!hasInputs) return Batch.Deferred(() => throw new InvalidOperationException("Cache: the samples' values are not wanted here."), labels, ids, batch.AugmentationKey);
        Tensor from = batch.Inputs, to = Tensor.Empty(from.Device, from.Shape.With(0, rows.Length));
        Copy(from.Range, to.Range, rows);
        return new Batch(to, labels, ids, batch.AugmentationKey);
    }

    /// <summary>Writes samples to their places in a batch.</summary>
    public static void Put(Tensor samples, Tensor batch, ReadOnlySpan<int> rows)
    {
        int size = batch.Range.Length / batch.Shape[0];
        for (int i = 0; i < rows.Length; i++) batch.Device.Copy(samples.Range.Slice(i * size, size), batch.Range.Slice(rows[i] * size, size));
    }

    private static IntTensor Of(IntTensor from, ReadOnlySpan<int> rows)
    {
        IntTensor to = IntTensor.Empty(from.Device, from.Shape.With(0, rows.Length));
        Copy(from.Range, to.Range, rows);
        return to;
    }

    private static void Copy(TensorRange from, TensorRange to, ReadOnlySpan<int> rows)
    {
        int size = to.Length / rows.Length;
        for (int i = 0; i < rows.Length; i++) from.Storage.Device.Copy(from.Slice(rows[i] * size, size), to.Slice(i * size, size));
    }
}
