using System.Globalization;
using System.Text.Json.Nodes;
using ResearchFreeze.Autograd;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace ResearchFreeze.Peers;

/// <summary>
/// Products, convolutions and attention of ours and of libtorch, in turn. libtorch's gradients are timed as its autograd runs them, for one input at a time: `grad` of a scalar product with a fixed tensor would add a pass, so the
/// output gradient is handed in. Each of libtorch's calls makes its result, from its allocator's spare memory, as its users' calls do; ours writes where it wrote before.
/// </summary>
internal static partial class KernelComparison
{
    private const double TurnMilliseconds = 150;

    /// <summary>The kinds of kernels.</summary>
    public static readonly string[] Kinds = ["products", "convolutions", "attention"];

    public static JsonArray Run(IReadOnlyCollection<string> kinds, int threads, int rounds)
    {
        Console.WriteLine("kernel                                               ours ms  GFLOP/s  of peak  libtorch ms  GFLOP/s   ratio  rounds");
        var rows = new JsonArray();
        using var device = new CpuDevice(threads);
        double peak = MachineBenchmark.Measure(device).FlopsPerSecond;
        if (kinds.Contains("products")) Products(rows, device, rounds, peak);
        if (kinds.Contains("convolutions")) Convolutions(rows, device, rounds, peak);
        if (kinds.Contains("attention")) Attentions(rows, device, rounds, peak);
        return rows;
    }

    private static void Products(JsonArray rows, CpuDevice device, int rounds, double peak)
    {
        foreach (int size in new[] { 256, 512, 1024 })
        {
            foreach ((bool a, bool b) in new[] { (false, false), (true, false), (false, true) }) rows.Add(Gemm(device, GemmShape.Of(size, size, size, a, b), rounds, peak));
        }
        // A linear layer's forward pass, input gradient and weight gradient, batches of 128.
        foreach ((int inputs, int outputs) in new[] { (784, 512), (512, 512) })
        {
            rows.Add(Gemm(device, GemmShape.Of(128, outputs, inputs, transposeB: true), rounds, peak));
            rows.Add(Gemm(device, GemmShape.Of(128, inputs, outputs), rounds, peak));
            rows.Add(Gemm(device, GemmShape.Of(outputs, inputs, 128, transposeA: true), rounds, peak));
        }
    }

    private static void Convolutions(JsonArray rows, CpuDevice device, int rounds, double peak)
    {
        foreach ((int batch, int size, int inputs, int outputs) in new[] { (64, 16, 64, 64), (128, 14, 32, 64), (128, 32, 16, 16), (128, 28, 1, 32) })
        {
            foreach (string direction in new[] { "forward", "input gradient", "weight gradient" }) rows.Add(Convolution(device, batch, size, inputs, outputs, direction, rounds, peak));
        }
    }

    private static JsonObject Gemm(CpuDevice device, GemmShape shape, int rounds, double peak)
    {
        using var scope = new Scope();
        using var theirs = NewDisposeScope();
        float[] a = Draw(shape.LengthA), b = Draw(shape.LengthB);
        Autograd.Tensor ourA = Autograd.Tensor.From(device, a, [a.Length]), ourB = Autograd.Tensor.From(device, b, [b.Length]), ourC = Autograd.Tensor.Zeros(device, [shape.LengthC]);
        Tensor x = tensor(a, [a.Length / shape.LeadingA, shape.LeadingA]).clone(), y = tensor(b, [b.Length / shape.LeadingB, shape.LeadingB]).clone(), z = zeros(shape.M, shape.N);
        Tensor left = shape.TransposeA ? x.t() : x, right = shape.TransposeB ? y.t() : y;
        Comparison result = Turns.Run(Ours, () => z.addmm_(left, right, 0, 1), rounds, TurnMilliseconds);
        string size = shape.M == shape.N && shape.N == shape.K ? $"{shape.M}^3" : $"{shape.M}x{shape.N}x{shape.K}";
        return Row($"product {size}{(shape.TransposeA ? ", A transposed" : "")}{(shape.TransposeB ? ", B transposed" : "")}", shape.Flops, peak, result);

        // B is new each time, as libtorch's is to its product: else ours would be packed once.
        void Ours()
        {
            device.Fill(ourB.Range.Slice(0, 1), 0.5);
            device.Gemm(shape, ourA.Range, ourB.Range, ourC.Range);
        }

        static float[] Draw(int count) => [.. new SeededData(3).Normal(count).Select(v => (float)v)];
    }

    private static JsonObject Convolution(CpuDevice device, int batch, int size, int inputs, int outputs, string direction, int rounds, double peak)
    {
        using var scope = new Scope();
        using var theirs = NewDisposeScope();
        var random = new SeededData(4);
        float[] image = Floats(batch * size * size * inputs), weight = Floats(outputs * 9 * inputs), gradient = Floats(batch * size * size * outputs);
        Conv2dShape shape = Conv2dShape.Of([batch, size, size, inputs], [outputs, 3, 3, inputs], new Size2(1, 1), new Size2(1, 1), new Size2(1, 1), 1);
        Autograd.Tensor x = Autograd.Tensor.From(device, image, [batch, size, size, inputs]), w = Autograd.Tensor.From(device, weight, [outputs, 3, 3, inputs]);
        Autograd.Tensor y = Autograd.Tensor.From(device, gradient, [batch, size, size, outputs]);
        // libtorch's own layout.
        Tensor tx = tensor(image, [batch, inputs, size, size]).clone(), tw = tensor(weight, [outputs, inputs, 3, 3]).clone(), ty = tensor(gradient, [batch, outputs, size, size]).clone();
        Action ours = direction switch
        {
            "forward" => () => device.Conv2d(shape, x.Range, w.Range, null, y.Range),
            "input gradient" => () => device.Conv2dInputGradient(shape, y.Range, w.Range, x.Range),
            _ => () => device.Conv2dWeightGradient(shape, x.Range, y.Range, w.Range),
        };
        Comparison result = direction == "forward" ? Turns.Run(ours, Forward, rounds, TurnMilliseconds) : Backward();
        return Row($"convolution 3x3 {inputs} to {outputs}, {size}x{size}, batch {batch}, {direction}", shape.Flops, peak, result);

        float[] Floats(int count) => [.. random.Normal(count).Select(v => (float)v)];

        void Forward()
        {
            using var _ = no_grad();
            using Tensor result = nn.functional.conv2d(tx, tw, padding: [1L, 1L]);
        }

        Comparison Backward()
        {
            Tensor wanted = direction == "input gradient" ? tx : tw;
            wanted.requires_grad = true;
            Tensor output = nn.functional.conv2d(tx, tw, padding: [1L, 1L]);
            return Turns.Run(
                ours,
                () =>
                {
                    foreach (Tensor one in autograd.grad([output], [wanted], [ty], retain_graph: true)) one.Dispose();
                },
                rounds, TurnMilliseconds);
        }
    }

    private static JsonObject Row(string name, long flops, double peak, Comparison result)
    {
        double ours = flops / result.Ours / 1e6, theirs = flops / result.Theirs / 1e6;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name,-50}  {result.Ours,8:F2}  {ours,7:F1}  {ours * 1e9 / peak,7:P0}  {result.Theirs,11:F2}  {theirs,7:F1}  {result.Ratio,6:F2}  {result.Lowest:F2} to {result.Highest:F2}"));
        JsonObject row = StepComparison.Row(result);
        (row["kernel"], row["flops"], row["gigaflops"], row["ofPeak"], row["torchSharpGigaflops"]) =
            (name, flops, Math.Round(ours, 1), Math.Round(ours * 1e9 / peak, 3), Math.Round(theirs, 1));
        return row;
    }
}
