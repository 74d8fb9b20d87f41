using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ResearchFreeze.Peers;

// Recurrent layers by libtorch's own modules, from given weights.
internal static partial class OperationGolden
{
    private static OperationFamily Recurrent()
    {
        var family = new OperationFamily("recurrent", 122);
        const int N = 3, Steps = 5, Inputs = 4, Width = 6;
        foreach (bool started in new[] { false, true })
        {
            foreach ((string name, int gates) in new[] { ("lstm", 4), ("gru", 3) })
            {
                OperationInput[] weights =
                [
                    family.Normal("inputWeight", gates * Width, Inputs) with { IsConstant = true }, family.Normal("hiddenWeight", gates * Width, Width) with { IsConstant = true },
                    family.Normal("inputBias", gates * Width) with { IsConstant = true }, family.Normal("hiddenBias", gates * Width) with { IsConstant = true },
                ];
                OperationInput[] states = !started ? [] : gates == 4 ? [family.Normal("hidden", N, Width), family.Normal("cell", N, Width)] : [family.Normal("hidden", N, Width)];
                family.Add($"{name}{(started ? "-started" : "")}", name, [], [.. weights, family.Normal("x", N, Steps, Inputs), .. states], i => gates == 4 ? Lstm(i) : Gru(i));
            }
        }
        return family;

        // The outputs of all steps, then the last state.
        static Tensor Lstm(Tensor[] i)
        {
            using LSTM module = nn.LSTM(Inputs, Width, batchFirst: true, dtype: ScalarType.Float64);
            Load(module, i);
            (Tensor outputs, Tensor hidden, Tensor cell) = module.forward(i[4], i.Length > 5 ? (i[5].unsqueeze(0), i[6].unsqueeze(0)) : null);
            return cat([outputs, hidden.transpose(0, 1), cell.transpose(0, 1)], 1);
        }

        static Tensor Gru(Tensor[] i)
        {
            using GRU module = nn.GRU(Inputs, Width, batchFirst: true, dtype: ScalarType.Float64);
            Load(module, i);
            (Tensor outputs, Tensor hidden) = module.forward(i[4], i.Length > 5 ? i[5].unsqueeze(0) : null);
            return cat([outputs, hidden.transpose(0, 1)], 1);
        }

        static void Load(nn.Module module, Tensor[] weights)
        {
            using IDisposable none = no_grad();
            foreach ((string name, Parameter parameter) in module.named_parameters())
                parameter.copy_(weights[name switch { "weight_ih_l0" => 0, "weight_hh_l0" => 1, "bias_ih_l0" => 2, "bias_hh_l0" => 3, _ => throw new InvalidOperationException($"{name} is no parameter of one layer") }]);
        }
    }
}
