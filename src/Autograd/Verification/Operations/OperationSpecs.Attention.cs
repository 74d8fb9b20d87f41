namespace ResearchFreeze.Autograd;

// Attention, in all its masks.
public static partial class OperationSpecs
{
    private static IReadOnlyList<OperationSpec> Attentions =>
    [
        new("attention", c =>
        {
            (int n, int heads, int queries, int size) = (c.Extent(3), c.Extent(3), c.Extent(6), c.Extent(5));
            bool isCausal = c.Random.NextInt32(3) == 0;
            int keys = isCausal ? queries : c.Extent(6);
            c.Add([n, queries, heads * size]);
            c.Add([n, keys, heads * size]);
            c.Add([n, keys, heads * size]);
            (AttentionOptions options, bool hasMask, bool hasLengths) = Masks(c, isCausal, n, heads, queries, keys);
            int q = n * queries * heads * size, k = n * keys * heads * size, state = 2 * n * heads * queries;
            // Values alone need the weights; for queries and keys also what they weighed.
            c.SavedElements = wanted => q + k + state + MaskCount(c, hasMask) + (wanted.Contains(0) || wanted.Contains(1) ? k + q : 0);
            c.BackwardCalls = _ => 1;
            c.Apply = inputs => ((Tensor)inputs[0]).Attention(
                (Tensor)inputs[1], (Tensor)inputs[2], heads, options, hasLengths ? (IntTensor)inputs[^1] : null, hasMask ? (Tensor)inputs[3] : null);
        }),
        new("packed attention", c =>
        {
            (int n, int heads, int places, int size) = (c.Extent(3), c.Extent(3), c.Extent(6), c.Extent(5));
            c.Add([n, places, 3 * heads * size]);
            (AttentionOptions options, bool hasMask, bool hasLengths) = Masks(c, c.Random.NextInt32(2) == 0, n, heads, places, places);
            c.SavedElements = _ => (4 * n * places * heads * size) + (2 * n * heads * places) + MaskCount(c, hasMask);
            c.BackwardCalls = _ => 1;
            c.Apply = inputs => ((Tensor)inputs[0]).PackedAttention(heads, options, hasLengths ? (IntTensor)inputs[^1] : null, hasMask ? (Tensor)inputs[1] : null);
        }),
    ];

    private static (AttentionOptions Options, bool HasMask, bool HasLengths) Masks(OperationCase c, bool isCausal, int n, int heads, int queries, int keys)
    {
        bool hasMask = c.Random.NextInt32(3) == 0, hasLengths = c.Random.NextInt32(2) == 0;
        if (hasMask)
        {
            int form = c.Random.NextInt32(3);
            c.AddConstant(form == 0 ? [queries, keys] : form == 1 ? [heads, queries, keys] : [n, 1, queries, keys]);
        }
        if (hasLengths)
        {
            // None, some, and all of them.
            c.AddIntegers([n], [.. Enumerable.Range(0, n).Select(_ => c.Random.NextInt32(keys + 1))]);
            c.SavedIntegers = _ => n;
        }
        var options = new AttentionOptions
        {
            IsCausal = isCausal,
            Scale = c.Random.NextInt32(2) == 0 ? null : 0.7f,
            Dropout = c.Random.NextInt32(3) == 0 ? new DropoutKey(5, 2, 0.3f) : default,
        };
        return (options, hasMask, hasLengths);
    }

    private static int MaskCount(OperationCase c, bool hasMask) => hasMask ? c.Inputs.Where(input => input.IsConstant && input.Reals is not null).Sum(input => input.Shape.Count) : 0;
}
