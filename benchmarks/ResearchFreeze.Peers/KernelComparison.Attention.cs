using System.Text.Json.Nodes;
using ResearchFreeze.Autograd;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace ResearchFreeze.Peers;

// Attention alone, beside libtorch's fused one. Heads lie side by side in the rows of a projection in both, as models have them.
internal static partial class KernelComparison
{
    private const int Heads = 12;

    /// <summary>Operations of a forward call, about: some milliseconds.</summary>
    private const double AttentionFlops = 2.5e8;

    private static void Attentions(JsonArray rows, CpuDevice device, int rounds, double peak)
    {
        foreach (int size in new[] { 32, 64 })
        {
            foreach (int length in new[] { 17, 50, 64, 100, 128, 512 })
            {
                int width = Heads * size, batch = (int)Math.Max(1, Math.Round(AttentionFlops / (4.0 * Heads * length * length * size)));
                var shape = new AttentionShape(batch, Heads, length, length, size, width, width, width, 1 / MathF.Sqrt(size));
                rows.Add(Attention(device, shape, rounds, peak, isForward: true));
                rows.Add(Attention(device, shape, rounds, peak, isForward: false));
            }
        }
    }

    private static JsonObject Attention(CpuDevice device, AttentionShape shape, int rounds, double peak, bool isForward)
    {
        using var scope = new Scope();
        using var theirs = NewDisposeScope();
        var random = new SeededData(5);
        float[] Floats() => [.. random.Normal(shape.Count).Select(v => (float)v)];
        float[][] values = [Floats(), Floats(), Floats(), Floats()];
        Autograd.Tensor[] ours = [.. values.Select(one => Autograd.Tensor.From(device, one, [shape.Count]))];
        TensorRange query = ours[0].Range, key = ours[1].Range, value = ours[2].Range, dy = ours[3].Range;
        TensorRange y = Result(shape.Count), state = Result(shape.StateCount), dquery = Result(shape.Count), dkey = Result(shape.Count), dvalue = Result(shape.Count);
        Tensor[] rows = [.. values.Select(one => tensor(one, [shape.Batch, shape.Queries, Heads, shape.Size]).clone())];
        string name = $"attention {Heads}x{shape.Size}, length {shape.Queries}, batch {shape.Batch}, {(isForward ? "forward" : "backward")}";
        Forward();
        if (isForward) return Row(name, 2 * shape.ProductFlops, peak, Turns.Run(Forward, TheirForward, rounds, TurnMilliseconds));
        foreach (Tensor one in rows[..3]) one.requires_grad = true;
        Tensor output = Theirs(), gradient = rows[3].transpose(1, 2);
        var wanted = new AttentionGradients(dquery, dkey, dvalue);
        return Row(name, wanted.Products * shape.ProductFlops, peak, Turns.Run(() => device.AttentionBackward(shape, query, key, value, null, null, y, state, dy, wanted), TheirBackward, rounds, TurnMilliseconds));

        TensorRange Result(int count) => Autograd.Tensor.Zeros(device, [count]).Range;

        void Forward() => device.Attention(shape, query, key, value, null, null, y, state);

        Tensor Theirs() => nn.functional.scaled_dot_product_attention(rows[0].transpose(1, 2), rows[1].transpose(1, 2), rows[2].transpose(1, 2));

        void TheirForward()
        {
            using var _ = no_grad();
            using var calls = NewDisposeScope();
            Theirs();
        }

        void TheirBackward()
        {
            foreach (Tensor one in autograd.grad([output], rows[..3], [gradient], retain_graph: true)) one.Dispose();
        }
    }
}
