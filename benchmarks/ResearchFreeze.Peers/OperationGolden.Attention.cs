using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace ResearchFreeze.Peers;

// Attention by libtorch's own operation.
internal static partial class OperationGolden
{
    private static OperationFamily Attention()
    {
        var family = new OperationFamily("attention", 123);
        // Heads of 1, 4 and 16 have scales that are float32 numbers, one of 5 has none. A query of a single key has a gradient of zero, which is rounding in float32: no relative bound holds it.
        Case("plain", 2, 4, 7, 7);
        Case("more-keys", 2, 4, 3, 18);
        Case("more-queries", 3, 1, 18, 3);
        Case("rounded-scale", 2, 5, 7, 7);
        Case("causal", 2, 4, 7, 7, isCausal: true);
        Case("causal-long", 1, 4, 33, 33, isCausal: true);
        Case("large-head", 1, 16, 4, 4);
        Case("lengths", 2, 4, 7, 7, lengths: [7, 1, 4]);
        Case("lengths-more-keys", 2, 4, 3, 18, lengths: [1, 18, 17]);
        Case("lengths-causal", 2, 4, 7, 7, isCausal: true, lengths: [7, 1, 4]);
        Case("mask", 2, 4, 7, 7, maskShape: [7, 7]);
        Case("mask-of-heads", 2, 4, 5, 7, maskShape: [2, 5, 7]);
        Case("mask-of-sequences", 2, 4, 5, 7, maskShape: [3, 1, 5, 7]);
        Case("mask-lengths", 2, 4, 7, 7, lengths: [7, 1, 4], maskShape: [7, 7]);
        Case("packed", 2, 4, 7, 7, isPacked: true);
        Case("packed-causal-lengths", 2, 4, 7, 7, isCausal: true, lengths: [7, 1, 4], isPacked: true);
        return family;

        // Every fifth pair is hidden; each query sees a key.
        static OperationInput WithHidden(OperationInput mask) => mask with { Values = [.. mask.Values.Select((value, i) => i % 5 == 3 ? double.NegativeInfinity : value)], IsConstant = true };

        void Case(string name, int heads, int size, int queries, int keys, bool isCausal = false, int[]? lengths = null, long[]? maskShape = null, bool isPacked = false)
        {
            const int N = 3;
            int width = heads * size;
            OperationInput[] inputs = isPacked ? [family.Normal("packed", N, queries, 3 * width)] : [family.Normal("query", N, queries, width), family.Normal("key", N, keys, width), family.Normal("value", N, keys, width)];
            int operands = inputs.Length;
            if (maskShape is not null) inputs = [.. inputs, WithHidden(family.Normal("mask", maskShape))];
            if (lengths is not null) family.AddIntegers(name, "lengths", lengths, N);
            family.Add(name, "attention", new JsonObject { ["heads"] = heads, ["causal"] = isCausal, ["packed"] = isPacked, ["lengths"] = lengths is not null }, inputs, i =>
            {
                Tensor[] parts = [.. (isPacked ? i[0].chunk(3, -1) : i[..3]).Select(part => part.view(N, -1, heads, size).transpose(1, 2))];
                // libtorch takes one mask: true, or what is added.
                Tensor? mask = lengths is null ? null : (arange(keys).unsqueeze(0) < tensor(Array.ConvertAll(lengths, v => (long)v)).unsqueeze(1)).unsqueeze(1).unsqueeze(2);
                bool joins = isCausal && mask is not null;
                if (joins) mask = mask!.logical_and(ones(queries, keys, dtype: ScalarType.Bool).tril());
                if (i.Length > operands) mask = mask is null ? i[operands] : i[operands].masked_fill(mask.logical_not(), double.NegativeInfinity);
                return nn.functional.scaled_dot_product_attention(parts[0], parts[1], parts[2], mask!, 0, isCausal && !joins).transpose(1, 2).reshape(N, queries, width);
            });
        }
    }
}
