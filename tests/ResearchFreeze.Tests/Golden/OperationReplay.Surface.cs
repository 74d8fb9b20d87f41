using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.Golden;

// Functions of elements, places, other layouts of images, and losses beyond those of the first files.
internal static partial class OperationReplay
{
    private static Tensor? Surface(GoldenFile<OperationManifest> file, OperationGolden golden, Device device, Tensor[] x) => golden.Operation switch
    {
        "sin" => x[0].Sin(),
        "cos" => x[0].Cos(),
        "erf" => x[0].Erf(),
        "selu" => x[0].Selu(),
        "mish" => x[0].Mish(),
        "hard swish" => x[0].HardSwish(),
        "hard sigmoid" => x[0].HardSigmoid(),
        "elu" => x[0].Elu(Real(golden, "alpha")),
        "prelu" => x[0].PRelu(x[1]),
        "pow tensor" => x[0].Pow(x[1]),
        "where" => x[0].Where(x[2] > 0, x[1]),
        "one minus, over" => (1 - x[0]) * (2.5 / x[0]),
        "product" => x[0].Product([Integer(golden, "axis")]),
        "log-sum-exp" => x[0].LogSumExp([Integer(golden, "axis")]),
        "cumulative sum" => x[0].CumulativeSum(Integer(golden, "axis")),
        "softmax axis" => x[0].Softmax(Integer(golden, "axis")),
        "top k" => x[0].TopK(Integer(golden, "count")).Values,
        "einsum" => Tensor.Einsum(golden.Attributes["pattern"].GetString()!, x[0], x[1]),
        "take" => x[0].Take(Integer(golden, "axis"), Ids(file, golden, device, "ids")),
        "take along" => x[0].TakeAlong(Integer(golden, "axis"), Ids(file, golden, device, "ids")),
        "conv transpose2d" => x[0].ConvTranspose2d(
            x[1], x[2], Integer(golden, "stride"), Window(golden, "padding"), Window(golden, "more"), Integer(golden, "dilation"), Integer(golden, "groups")),
        "average pool with" => x[0].AveragePool2d(new Size2(3, 2), new Size2(2, 3), 1, Flag(golden, "ceil"), Flag(golden, "countPadding")),
        "max pool with" => x[0].MaxPool2d(new Size2(3, 2), new Size2(2, 3), 1, Integer(golden, "dilation"), Flag(golden, "ceil")),
        "upsample" => x[0].UpsampleNearest(new Size2(2, 3)),
        "resample" => x[0].ResampleLinear(Window(golden, "size"), Flag(golden, "aligned")),
        "pad by reflection" => x[0].PadReflect([0, 0, 2, 0], [0, 3, 1, 0]),
        "conv1d" => x[0].Conv1d(x[1], x[2], stride: 2, padding: 2, dilation: 2, groups: 2),
        "labels loss" => Loss.CrossEntropy(x[0], Ids(file, golden, device, "labels"), x.Length > 1 ? x[1] : null, Real(golden, "smoothing"), reduction: ReductionOf(golden)),
        "nll" => Loss.NegativeLogLikelihood(x[0].LogSoftmax(), Ids(file, golden, device, "labels"), x.Length > 1 ? x[1] : null, reduction: ReductionOf(golden)),
        "probabilities loss" => Loss.CrossEntropy(x[0], x[1].Softmax(), smoothing: Real(golden, "smoothing"), reduction: ReductionOf(golden)),
        "triplet" => Loss.Triplet(x[0], x[1], x[2], 1.5, ReductionOf(golden)),
        "cosine embedding" => Loss.CosineEmbedding(x[0], x[1], x[2], 0.25, ReductionOf(golden)),
        "absolute error" => Loss.MeanAbsoluteError(x[0], x[1], ReductionOf(golden)),
        "kullback-leibler" => Loss.KullbackLeibler(x[0].LogSoftmax(), x[1].Softmax()),
        "lstm" => Recurrent(new Lstm(x[4].Shape[2], x[1].Shape[1]), x),
        "gru" => Recurrent(new Gru(x[4].Shape[2], x[1].Shape[1]), x),
        "attention" => Attention(file, golden, device, x),
        _ => null,
    };

    private static Tensor Attention(GoldenFile<OperationManifest> file, OperationGolden golden, Device device, Tensor[] x)
    {
        bool isPacked = Flag(golden, "packed");
        int heads = Integer(golden, "heads"), operands = isPacked ? 1 : 3;
        var options = new AttentionOptions { IsCausal = Flag(golden, "causal") };
        IntTensor? lengths = Flag(golden, "lengths") ? Ids(file, golden, device, "lengths") : null;
        Tensor? mask = x.Length > operands ? x[operands] : null;
        return isPacked ? x[0].PackedAttention(heads, options, lengths, mask) : x[0].Attention(x[1], x[2], heads, options, lengths, mask);
    }

    /// <summary>The outputs of all steps, then the last state, from the golden weights.</summary>
    private static Tensor Recurrent(Recurrent layer, Tensor[] x)
    {
        using (layer.Initialize(x[0].Device, 1))
        {
            foreach ((Parameter parameter, Tensor weight) in new[] { layer.InputWeight, layer.HiddenWeight, layer.InputBias, layer.HiddenBias }.Zip(x)) weight.Device.Upload(weight.ToDoubles(), parameter.Value.Range);
            layer.Freeze();
            RecurrentState end = layer.Forward(x[4], x.Length > 5 ? new RecurrentState(x[4], x[5], x.Length > 6 ? x[6] : null) : null);
            Tensor[] rows = end.Cell is null ? [end.Hidden] : [end.Hidden, end.Cell];
            return Tensor.Concatenate(1, [end.Outputs, .. rows.Select(row => row.Unsqueeze(1))]);
        }
    }

    private static IntTensor Ids(GoldenFile<OperationManifest> file, OperationGolden golden, Device device, string what)
    {
        SafetensorsEntry ids = file.Entry($"{golden.Name}/{what}");
        return IntTensor.From(device, [.. ids.Integers.Select(id => (int)id)], ids.Shape);
    }

    private static Reduction ReductionOf(OperationGolden golden) => Enum.Parse<Reduction>(golden.Attributes["reduction"].GetString()!, ignoreCase: true);
}
