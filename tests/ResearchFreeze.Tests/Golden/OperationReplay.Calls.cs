using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.Golden;

// The operations by their names in the files.
internal static partial class OperationReplay
{
    private static Tensor Apply(GoldenFile<OperationManifest> file, OperationGolden golden, Device device, Tensor[] x)
    {
        switch (golden.Operation)
        {
            case "linear": return x[0].Linear(x[1], x.Length > 2 ? x[2] : null, Activation(golden));
            case "matmul": return x[0].MatMul(x[1], Flag(golden, "transposeA"), Flag(golden, "transposeB"));
            case "softmax": return x[0].Softmax();
            case "exp": return x[0].Exp();
            case "log": return x[0].Log();
            case "sqrt": return x[0].Sqrt();
            case "tanh": return x[0].Tanh();
            case "sigmoid": return x[0].Sigmoid();
            case "relu": return x[0].Relu();
            case "negate": return x[0].Negate();
            case "square": return x[0].Square();
            case "cross entropy":
                IntTensor labels = file.UploadLabels(device, $"{golden.Name}/labels");
                return x[0].CrossEntropy(labels, x.Length > 1 ? x[1] : null, Real(golden, "smoothing"), Integer(golden, "ignoreIndex"));
            case "mean squared error": return x[0].MeanSquaredError(x[1]);
            case "sum": return x[0].Sum(Integers(golden, "axes"), Flag(golden, "keepAxes"));
            case "mean": return x[0].Mean(Integers(golden, "axes"), Flag(golden, "keepAxes"));
            case "add": return x[0] + x[1];
            case "subtract": return x[0] - x[1];
            case "multiply": return x[0] * x[1];
            case "divide": return x[0] / x[1];
            case "conv2d":
                Tensor? bias = x.Length > 2 ? x[2] : null;
                return x[0].Conv2d(x[1], bias, Window(golden, "stride"), Window(golden, "padding"), Window(golden, "dilation"), Integer(golden, "groups"), Activation(golden));
            case "max pool": return x[0].MaxPool2d(Window(golden, "kernel"), Window(golden, "stride"), Window(golden, "padding"));
            case "average pool": return x[0].AveragePool2d(Window(golden, "kernel"), Window(golden, "stride"), Window(golden, "padding"));
            case "global average pool": return x[0].GlobalAveragePool();
            case "batch norm":
                bool training = Flag(golden, "training");
                return x[0].BatchNorm(x[1], x[2], x[3], x[4], training, (float)Real(golden, "momentum"), (float)Real(golden, "epsilon"), Activation(golden), x.Length > 5 ? x[5] : null);
            case "layer norm": return x[0].LayerNorm(x[1], x[2], (float)Real(golden, "epsilon"));
            case "group norm": return x[0].GroupNorm(Integer(golden, "groups"), x[1], x[2], (float)Real(golden, "epsilon"));
            case "rms norm": return x[0].RmsNorm(x[1], (float)Real(golden, "epsilon"));
            case "log softmax": return x[0].LogSoftmax();
            case "binary cross entropy": return x[0].BinaryCrossEntropyWithLogits(x[1]);
            case "huber": return x[0].Huber(x[1], Real(golden, "delta"));
            case "gelu": return x[0].Gelu();
            case "gelu tanh": return x[0].GeluTanh();
            case "silu": return x[0].Silu();
            case "softplus": return x[0].Softplus();
            case "leaky relu": return x[0].LeakyRelu(Real(golden, "slope"));
            case "abs": return x[0].Abs();
            case "clamp": return x[0].Clamp(Real(golden, "low"), Real(golden, "high"));
            case "pow": return x[0].Pow(Real(golden, "exponent"));
            case "maximum": return Tensor.Maximum(x[0], x[1]);
            case "minimum": return Tensor.Minimum(x[0], x[1]);
            case "max": return x[0].Max(Integers(golden, "axes"), Flag(golden, "keepAxes"));
            case "variance": return x[0].Variance(Integers(golden, "axes"), Flag(golden, "unbiased"), Flag(golden, "keepAxes"));
            case "permute": return x[0].Permute(Integers(golden, "axes"));
            case "concatenate": return Tensor.Concatenate(Integer(golden, "axis"), x);
            case "slice": return x[0].Slice(Integer(golden, "axis"), Integer(golden, "start"), Integer(golden, "end"), Integer(golden, "step"));
            case "pad": return x[0].Pad(Integers(golden, "before"), Integers(golden, "after"));
            case "embedding":
                SafetensorsEntry ids = file.Entry($"{golden.Name}/ids");
                return x[0].Embedding(IntTensor.From(device, [.. ids.Integers.Select(id => (int)id)], ids.Shape));
            default:
                if (Surface(file, golden, device, x) is { } result) return result;
                Assert.Fail($"{file.Name}/{golden.Name}: unknown operation '{golden.Operation}'.");
                return null!;
        }
    }

    private static int[] Integers(OperationGolden golden, string attribute) => [.. golden.Attributes[attribute].EnumerateArray().Select(value => value.GetInt32())];

    private static int Integer(OperationGolden golden, string attribute) => golden.Attributes[attribute].GetInt32();

    private static double Real(OperationGolden golden, string attribute) => golden.Attributes[attribute].GetDouble();

    private static bool Flag(OperationGolden golden, string attribute) => golden.Attributes[attribute].GetBoolean();

    private static Size2 Window(OperationGolden golden, string attribute) => Integers(golden, attribute) is [int height, int width] ? new Size2(height, width) : throw new FormatException($"{golden.Name}: {attribute} is no pair.");

    private static Activation Activation(OperationGolden golden) => Enum.Parse<Activation>(golden.Attributes["activation"].GetString()!, ignoreCase: true);
}
