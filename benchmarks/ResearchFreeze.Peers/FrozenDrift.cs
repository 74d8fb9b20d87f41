using System.Globalization;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ResearchFreeze.Peers;

/// <summary>
/// Trains for five steps, freezes the first layer the usual way (<c>requires_grad = false</c>), trains for twenty more and prints how far that layer has moved since. Its gradient stays as a tensor
/// of zeros, so the optimizer still applies momentum and decay.
/// </summary>
internal static class FrozenDrift
{
    private const int Before = 5, After = 20, Batch = 128;

    public static void Run(string model)
    {
        int[] widths = Mlp.ParseWidths(model);
        set_num_threads(1);
        Console.WriteLine($"{Versions.Peer}, {model}, batch {Batch}: first layer frozen after {Before} steps, {After} more steps");
        Console.WriteLine("optimizer                                          max |Δw|  largest |w|   ratio  gradient after");
        Show(widths, "SGD, rate 0.1, momentum 0.9", p => optim.SGD(p, 0.1, momentum: 0.9));
        Show(widths, "SGD, rate 0.1, momentum 0.9, decay 1e-4", p => optim.SGD(p, 0.1, momentum: 0.9, weight_decay: 1e-4));
        Show(widths, "AdamW, rate 0.01, decay 0.05", p => optim.AdamW(p, 0.01, weight_decay: 0.05));
        Show(widths, "SGD, rate 0.1, no momentum, no decay", p => optim.SGD(p, 0.1));
    }

    private static void Show(int[] widths, string name, Func<IEnumerable<Parameter>, torch.optim.Optimizer> create)
    {
        (double[] inputs, int[] labels) = SeededData.Classes(3, (Before + After) * Batch, widths[0], widths[^1]);
        using var network = new Mlp(widths, 4);
        using torch.optim.Optimizer optimizer = create([.. network.Trainable.Select(p => p.Value)]);
        Parameter weight = network.Parameters.First().Value;
        using Tensor x = tensor(inputs, [Before + After, Batch, widths[0]], dtype: ScalarType.Float32);
        using Tensor target = tensor(Array.ConvertAll(labels, v => (long)v), [Before + After, Batch]);
        Tensor? atFreeze = null;
        for (int step = 0; step < Before + After; step++)
        {
            using var scope = NewDisposeScope();
            if (step == Before)
            {
                network.Freeze(0);
                atFreeze = weight.detach().clone().DetachFromDisposeScope();
            }
            optimizer.zero_grad();
            nn.functional.cross_entropy(network.Forward(x[step]), target[step]).backward();
            optimizer.step();
        }
        using Tensor frozen = atFreeze!;
        double moved = (weight.detach() - frozen).abs().max().item<float>(), largest = frozen.abs().max().item<float>();
        string gradient = weight.grad is not { } g ? "null" : g.abs().max().item<float>() == 0 ? "zeros" : "not zero";
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-48}  {moved,9:F5}  {largest,11:F5}  {moved / largest,6:P1}  {gradient}"));
    }
}
