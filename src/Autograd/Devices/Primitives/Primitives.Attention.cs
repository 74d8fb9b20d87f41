namespace ResearchFreeze.Autograd;

// Attention over heads.
public static partial class Primitives
{
    // Ends of blocks of queries (96) and keys (256), of tiles of 12 rows and of 8, 16 and 32 columns; one key; nothing at all.
    private static readonly (int Batch, int Heads, int Queries, int Keys, int Size)[] AttentionSizes =
    [
        (1, 1, 1, 1, 1), (0, 2, 3, 3, 4), (2, 2, 0, 3, 4), (2, 1, 3, 0, 4), (2, 2, 3, 3, 4), (2, 3, 5, 1, 3), (3, 2, 4, 17, 8), (1, 2, 13, 13, 16), (2, 1, 33, 33, 5), (1, 3, 17, 50, 33), (2, 2, 64, 64, 32),
        (1, 1, 97, 97, 64), (1, 2, 7, 257, 16), (1, 1, 100, 300, 20), (1, 1, 270, 270, 8), (1, 1, 3, 600, 256),
    ];

    private static IReadOnlyList<PrimitiveDescription> Attentions =>
    [
        new(Primitive.Attention, Reads("query"), Reads("key"), Reads("value"), Optional(Integers(Reads("lengths"))), Optional(Reads("mask")), Writes("y"), Optional(Writes("state")))
        {
            Kernels = Kernels(nameof(AttentionKernels), nameof(AttentionKernels.Forward)),
            Tolerance = 1e-5,
            Cases = b => ForEachAttention(b, (shape, query, key, value, lengths, mask) =>
            {
                b.Device.Attention(shape, query, key, value, lengths, mask, b.Output(shape.Count), b.Output(shape.StateCount));
                b.Device.Attention(shape, query, key, value, lengths, mask, b.Output(shape.Count), null);
            }),
        },
        new(
            Primitive.AttentionBackward, Reads("query"), Reads("key"), Optional(Reads("value")), Optional(Integers(Reads("lengths"))), Optional(Reads("mask")), Optional(Reads("y")), Reads("state"), Reads("dy"),
            Optional(Writes("dquery")), Optional(Writes("dkey")), Optional(Writes("dvalue")))
        {
            Kernels = Kernels(nameof(AttentionKernels), nameof(AttentionKernels.QueryGradient), nameof(AttentionKernels.KeyGradient)),
            Tolerance = 4e-5,
            Cases = b => ForEachAttention(b, (shape, query, key, value, lengths, mask) =>
            {
                // Each row's largest score and the logarithm of its sum, near what they are for such scores; some rows see no key.
                TensorRange state = b.Reals([
                    .. Enumerable.Range(0, shape.Rows).Select(i => i % 11 == 5 ? float.PositiveInfinity : (i % 7 * 0.25f) - 1),
                    .. Enumerable.Range(0, shape.Rows).Select(i => i % 11 == 5 ? 0 : 0.5f * MathF.Log(Math.Max(1, shape.Keys)))]);
                TensorRange y = b.Input(shape.Count), dy = b.Input(shape.Count, scale: 2);
                TensorRange Query(float beta) => Results(b, shape.QuerySpan, shape.Width, shape.QueryStride, beta);
                TensorRange Key(float beta) => Results(b, shape.KeySpan, shape.Width, shape.KeyStride, beta);
                TensorRange Value(float beta) => Results(b, shape.ValueSpan, shape.Width, shape.ValueStride, beta);
                foreach (float beta in CaseValues.Betas)
                    b.Device.AttentionBackward(shape, query, key, value, lengths, mask, y, state, dy, new AttentionGradients(Query(beta), Key(0), Value(beta), beta, 0, beta));
                b.Device.AttentionBackward(shape, query, key, null, lengths, mask, null, state, dy, new AttentionGradients(null, null, Value(0)));
                b.Device.AttentionBackward(shape, query, key, value, lengths, mask, y, state, dy, new AttentionGradients(null, Key(1), null, 0, 1));
                b.Device.AttentionBackward(shape, query, key, value, lengths, mask, y, state, dy, new AttentionGradients(Query(0), null, null));
            }),
        },
    ];

    /// <summary>Room for rows with a stride: what lies between them is nobody's, and must stay as it is.</summary>
    private static TensorRange Results(PrimitiveBench b, int span, int width, int stride, float beta)
    {
        if (beta != 0 || stride == width) return b.Output(span, beta);
        float[] values = b.Draw(span);
        for (int i = 0; i < span; i++)
        {
            if (i % stride < width) values[i] = float.NaN;
        }
        return b.Reals(values);
    }

    /// <summary>Every size with rows side by side, and some with strides, causal, with lengths, with masks, with dropout.</summary>
    private static void ForEachAttention(PrimitiveBench b, Action<AttentionShape, TensorRange, TensorRange, TensorRange, TensorRange?, TensorRange?> apply)
    {
        int i = 0;
        foreach ((int batch, int heads, int queries, int keys, int size) in b.Sizes.FittingSums(AttentionSizes, s => (long)s.Batch * s.Heads * s.Queries * s.Keys * s.Size))
        {
            int width = heads * size;
            var plain = new AttentionShape(batch, heads, queries, keys, size, width, width, width, 1 / MathF.Sqrt(size));
            Apply(plain, null, null);
            i++;
            int[] lengths = [.. Enumerable.Range(0, batch).Select(n => n % 3 == 1 ? 0 : Math.Max(0, keys - (n + (i % 5))))];
            var strided = plain with { QueryStride = 3 * width, KeyStride = width + 3, ValueStride = 2 * width, IsCausal = queries == keys, Scale = 0.7f / MathF.Sqrt(size) };
            Apply(strided, b.Integers(lengths), null);
            Apply(plain with { MaskHeadStride = queries * keys, MaskBatchStride = 0 }, null, Mask(heads));
            if (i % 3 == 0) Apply(plain with { MaskBatchStride = queries * keys, Dropout = new DropoutKey(7, 3, 0.3f), IsCausal = queries == keys }, b.Integers(lengths), Mask(batch));

            TensorRange Mask(int copies)
            {
                float[] values = b.Draw(batch == 0 || queries == 0 || keys == 0 ? 0 : copies * queries * keys);
                for (int at = 3; at < values.Length; at += 7) values[at] = float.NegativeInfinity;
                return b.Reals(values);
            }
        }

        void Apply(AttentionShape shape, TensorRange? lengths, TensorRange? mask) => apply(shape, b.Input(shape.QuerySpan, scale: 0.5f), b.Input(shape.KeySpan, scale: 0.5f), b.Input(shape.ValueSpan), lengths, mask);
    }
}
