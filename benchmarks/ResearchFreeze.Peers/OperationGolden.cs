using static TorchSharp.torch;

namespace ResearchFreeze.Peers;

/// <summary>Single operations in float64: inputs, output, and the gradient of each input for the loss Σ sin(y), or y itself where it is a scalar.</summary>
internal static partial class OperationGolden
{
    public static void Write(string folder)
    {
        set_num_threads(1);
        Directory.CreateDirectory(folder);
        OperationFamily[] families =
        [
            Linear(), MatMul(), Softmax(), CrossEntropy(), MeanSquaredError(), Reductions(), Maps(), Arithmetic(), Conv2d(), Pooling(), BatchNorm(), Norms(), Losses(), MoreMaps(), Extremes(), Variances(),
            Views(), Embedding(), Elements(), MoreImages(), MoreLosses(), Recurrent(), Attention(),
        ];
        foreach (OperationFamily family in families) family.Write(folder);
    }

    private static OperationFamily Linear()
    {
        var family = new OperationFamily("linear", 101);
        foreach (string activation in new[] { "none", "relu", "tanh", "sigmoid" })
        {
            foreach (bool hasBias in new[] { true, false })
            {
                OperationInput[] inputs = [family.Normal("x", 7, 5), family.Normal("weight", 6, 5), .. hasBias ? new[] { family.Normal("bias", 6) } : []];
                family.Add($"{activation}{(hasBias ? "" : "-without-bias")}", "linear", new() { ["activation"] = activation }, inputs,
                    i => Activate(activation, nn.functional.linear(i[0], i[1], hasBias ? i[2] : null)));
            }
        }
        return family;
    }

    private static OperationFamily MatMul()
    {
        var family = new OperationFamily("matmul", 102);
        foreach (bool transposeA in new[] { false, true })
        {
            foreach (bool transposeB in new[] { false, true })
            {
                string transposes = (transposeA ? "t" : "n") + (transposeB ? "t" : "n");
                Product($"plain-{transposes}", [], []);
                Product($"batched-{transposes}", [3], [3]);
                Product($"shared-right-{transposes}", [3], []);
                Product($"shared-left-{transposes}", [], [3]);
                Product($"broadcast-{transposes}", [2, 1], [3]);

                void Product(string name, long[] batchA, long[] batchB)
                {
                    long[] a = [.. batchA, .. transposeA ? new long[] { 5, 4 } : [4, 5]], b = [.. batchB, .. transposeB ? new long[] { 6, 5 } : [5, 6]];
                    family.Add(name, "matmul", new() { ["transposeA"] = transposeA, ["transposeB"] = transposeB }, [family.Normal("a", a), family.Normal("b", b)],
                        i => matmul(transposeA ? i[0].transpose(-2, -1) : i[0], transposeB ? i[1].transpose(-2, -1) : i[1]));
                }
            }
        }
        return family;
    }

    private static OperationFamily Softmax()
    {
        var family = new OperationFamily("softmax", 103);
        family.Add("matrix", "softmax", [], [family.Normal("x", 5, 7)], i => nn.functional.softmax(i[0], -1));
        family.Add("rank-3", "softmax", [], [family.Normal("x", 2, 3, 5)], i => nn.functional.softmax(i[0], -1));
        family.Add("one-class", "softmax", [], [family.Normal("x", 3, 1)], i => nn.functional.softmax(i[0], -1));
        family.Add("large", "softmax", [], [family.Uniform("x", -500, 500, 4, 6)], i => nn.functional.softmax(i[0], -1));
        return family;
    }

    private static OperationFamily CrossEntropy()
    {
        const int Rows = 9, Classes = 5, None = -100;
        var family = new OperationFamily("cross-entropy", 104);
        Case("plain", 0, None, false);
        Case("smoothing", 0.1, None, false);
        Case("ignore-index", 0, 2, false);
        Case("ignore-default", 0, None, false, ignoreSome: true);
        Case("class-weights", 0, None, true);
        Case("smoothing-ignore-index", 0.1, 2, false);
        Case("smoothing-class-weights", 0.1, None, true);
        Case("ignore-index-class-weights", 0, 2, true);
        Case("all", 0.1, 2, true);
        return family;

        void Case(string name, double smoothing, int ignoreIndex, bool isWeighted, bool ignoreSome = false)
        {
            int[] labels = [.. Enumerable.Range(0, Rows).Select(row => ignoreSome && row % 4 == 1 ? ignoreIndex : row % Classes)];
            OperationInput[] inputs = [family.Normal("logits", Rows, Classes), .. isWeighted ? new[] { family.Uniform("classWeights", 0.2, 2, Classes) with { IsConstant = true } } : []];
            family.AddIntegers(name, "labels", labels, labels.Length);
            family.Add(name, "cross entropy", new() { ["smoothing"] = smoothing, ["ignoreIndex"] = ignoreIndex }, inputs, i => nn.functional.cross_entropy(
                i[0], tensor(Array.ConvertAll(labels, v => (long)v)), isWeighted ? i[1] : null, ignoreIndex, nn.Reduction.Mean, smoothing));
        }
    }

    private static OperationFamily MeanSquaredError()
    {
        var family = new OperationFamily("mean-squared-error", 105);
        family.Add("matrix", "mean squared error", [], [family.Normal("x", 6, 4), family.Normal("target", 6, 4)], i => nn.functional.mse_loss(i[0], i[1]));
        family.Add("vector", "mean squared error", [], [family.Normal("x", 7), family.Normal("target", 7)], i => nn.functional.mse_loss(i[0], i[1]));
        return family;
    }

    private static OperationFamily Reductions()
    {
        var family = new OperationFamily("reductions", 106);
        foreach (string operation in new[] { "sum", "mean" })
        {
            foreach (long[] axes in new long[][] { [0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2] })
            {
                foreach (bool keepAxes in new[] { false, true })
                {
                    family.Add($"{operation}-{string.Concat(axes)}{(keepAxes ? "-kept" : "")}", operation,
                        new() { ["axes"] = TensorFile.ToJson(axes), ["keepAxes"] = keepAxes }, [family.Normal("x", 3, 4, 5)],
                        i => operation == "sum" ? i[0].sum(axes, keepAxes) : i[0].mean(axes, keepAxes));
                }
            }
        }
        return family;
    }

    private static OperationFamily Maps()
    {
        var family = new OperationFamily("maps", 107);
        Map("exp", family.Normal("x", 5, 7), x => x.exp());
        Map("log", family.Uniform("x", 0.05, 4, 5, 7), x => x.log());
        Map("sqrt", family.Uniform("x", 0.05, 4, 5, 7), x => x.sqrt());
        Map("tanh", family.Uniform("x", -4, 4, 5, 7), x => x.tanh());
        Map("sigmoid", family.Uniform("x", -6, 6, 5, 7), x => x.sigmoid());
        Map("relu", family.Normal("x", 5, 7), x => x.relu());
        Map("negate", family.Normal("x", 5, 7), x => -x);
        Map("square", family.Normal("x", 5, 7), x => x.square());
        family.Add("relu-at-zero", "relu", [], [family.Zeros("x", 3)], i => i[0].relu());
        return family;

        void Map(string operation, OperationInput x, Func<Tensor, Tensor> forward) => family.Add(operation, operation, [], [x], i => forward(i[0]));
    }

    private static OperationFamily Arithmetic()
    {
        var family = new OperationFamily("arithmetic", 108);
        foreach ((string name, long[] a, long[] b) in new (string, long[], long[])[]
        {
            ("same", [3, 4], [3, 4]), ("row", [3, 4], [4]), ("column", [3, 4], [3, 1]), ("outer", [3, 1], [1, 4]), ("scalar", [3, 4], []), ("middle", [2, 3, 4], [2, 1, 4]),
            ("left", [4], [2, 3, 4]), ("both", [2, 1, 4], [3, 1]),
        })
        {
            family.Add($"add-{name}", "add", [], [family.Normal("a", a), family.Normal("b", b)], i => i[0] + i[1]);
            family.Add($"subtract-{name}", "subtract", [], [family.Normal("a", a), family.Normal("b", b)], i => i[0] - i[1]);
            family.Add($"multiply-{name}", "multiply", [], [family.Normal("a", a), family.Normal("b", b)], i => i[0] * i[1]);
            family.Add($"divide-{name}", "divide", [], [family.Normal("a", a), family.Uniform("b", 0.5, 2, b)], i => i[0] / i[1]);
        }
        return family;
    }

    private static Tensor Activate(string activation, Tensor x) => activation switch { "relu" => x.relu(), "tanh" => x.tanh(), "sigmoid" => x.sigmoid(), _ => x };
}
