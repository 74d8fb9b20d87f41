using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

// Pooling, normalisation, views.
internal sealed partial class CpuDeviceWork
{
    private void Poolings()
    {
        Pool2dShape[] shapes = [new(4, 30, 28, 35, 2, 2, 0), new(2, 31, 33, 32, 2, 2, 0), new(3, 33, 31, 16, 3, 2, 1), new(8, 61, 62, 1, 2, 2, 0), new(6, 41, 43, 3, 3, 1, 1), new(2, 40, 44, 7, 2, 3, 0)];
        foreach (Pool2dShape shape in shapes)
        {
            TensorRange x = Reals(shape.InputCount), y = Reals(shape.OutputCount), average = Reals(shape.OutputCount), indices = Integers(shape.OutputCount), dy = Reals(shape.OutputCount);
            TensorRange dx = Reals(shape.InputCount), added = Reals(shape.InputCount), averageDx = Reals(shape.InputCount);
            Add($"max {shape}", () => device.MaxPool(shape, x, y, indices));
            Add($"max backward {shape}", () => device.MaxPoolBackward(shape, indices, dy, dx));
            Add($"max backward {shape} added", () => device.MaxPoolBackward(shape, indices, dy, added, 0.5f));
            Add($"average {shape}", () => device.AveragePool(shape, x, average));
            Add($"average backward {shape}", () => device.AveragePoolBackward(shape, dy, averageDx, 0.5f));
        }
    }

    private void Normalisations()
    {
        foreach ((int rows, int channels) in ((int, int)[])[(70_001, 1), (20_003, 3), (9001, 10), (5003, 16), (4001, 17), (2000, 64), (700, 130), (130, 700)])
        {
            var shape = new BatchNormShape(rows, channels, 1e-5f);
            int count = rows * channels;
            TensorRange x = Reals(count), dz = Reals(count), residual = Reals(count), mean = Reals(channels), variance = Reals(channels), gamma = Reals(channels), beta = Reals(channels);
            TensorRange y = Reals(count), dgamma = Reals(channels), dx = Reals(count), scaled = Reals(count), dbeta = Reals(channels);
            TensorRange runningMean = Reals(channels), runningVariance = Reals(channels);
            var columns = new ReduceLayout([rows, channels], 1);
            string label = $"of {rows}×{channels}";
            Add($"moments {label}", () => device.Moments(shape, x, mean, variance));
            Add($"update moments {label}", () => device.UpdateMoments(shape, 0.1f, mean, variance, runningMean, runningVariance));
            Add($"batch norm {label}", () => device.BatchNorm(shape, x, mean, variance, gamma, beta, residual, y, Activation.Relu));
            Add($"scale gradient {label}", () => device.BatchNormScaleGradient(shape, x, mean, variance, dz, dgamma, 0.5f));
            Add($"input gradient {label}", () => device.BatchNormInputGradient(shape, x, mean, variance, gamma, dz, dgamma, dbeta, dx, 0.5f));
            Add($"batch norm scale {label}", () => device.BatchNormScale(shape, variance, gamma, dz, scaled));
            Add($"reduce {label}", () => device.Reduce(columns, 0.5f, dz, dbeta));
        }
        GroupNormShape[] shapes =
        [
            new(517, 1, 1, 131, 1e-5f, true), new(9001, 1, 1, 7, 1e-5f, false), new(6, 900, 4, 3, 1e-5f, true), new(5, 300, 2, 32, 1e-5f, true), new(300, 25, 3, 5, 1e-5f, true), new(1, 9000, 1, 9, 1e-5f, true),
            new(900, 1, 8, 16, 1e-5f, true),
        ];
        foreach (GroupNormShape shape in shapes)
        {
            TensorRange x = Reals(shape.Count), dy = Reals(shape.Count), gamma = Reals(shape.Channels), bias = Reals(shape.Channels), state = Reals(shape.StateCount);
            TensorRange y = Reals(shape.Count), dx = Reals(shape.Count), dgamma = Reals(shape.Channels);
            Add($"{shape}", () => device.GroupNorm(shape, x, gamma, bias, y, state));
            Add($"input gradient {shape}", () => device.GroupNormInputGradient(shape, x, state, gamma, dy, dx, 0.5f));
            Add($"scale gradient {shape}", () => device.GroupNormScaleGradient(shape, x, state, dy, dgamma, 0.5f));
        }
        foreach ((int rows, int columns) in ((int, int)[])[(517, 131), (9000, 10), (3, 30_000)])
        {
            TensorRange x = Reals(rows * columns), y = Reals(rows * columns), dx = Reals(rows * columns);
            Add($"log softmax {rows}×{columns}", () => device.LogSoftmax(rows, columns, x, y));
            Add($"log softmax backward {rows}×{columns}", () => device.LogSoftmaxBackward(rows, columns, y, x, dx, 0.5f));
        }
    }

    private void Views()
    {
        StridedLayout[] boxes =
        [
            new([Length - 9], 4, [1], 9, [1]), new([300, 200], 0, [1, 300], 0, [200, 1]), new([1000, 33], 0, [40, 1], 5, [65, 1]), new([20_000], Length - 1, [-3], 0, [2]),
            new([40, 30, 50], 0, [1500, 1, 30], 0, [1500, 50, 1]),
        ];
        for (int i = 0; i < boxes.Length; i++)
        {
            StridedLayout layout = boxes[i];
            TensorRange x = Reals(Length), copied = Reals(Length), placed = Reals(Length), added = Reals(Length);
            Add($"copy box {i}", () => device.CopyBox(layout, x, copied, 0.5f));
            Add($"place box {i}", () => device.PlaceBox(layout, x, placed));
            Add($"place box {i} added", () => device.PlaceBox(layout, x, added, 0.5f));
        }
        foreach ((Shape shape, int axes) in ((Shape, int)[])[([Rows, Columns], 2), ([Rows, Columns], 1), ([Length], 1), ([20, 60, 50], 2), ([9000, 7], 2)])
        {
            var layout = new ReduceLayout(shape, axes);
            TensorRange x = Reals(layout.Inputs), y = Reals(layout.Outputs), indices = Integers(layout.Outputs), dx = Reals(layout.Inputs);
            Add($"reduce max {shape} axes {axes}", () => device.ReduceMax(layout, x, y, indices));
            Add($"reduce max backward {shape} axes {axes}", () => device.ReduceMaxBackward(layout, indices, y, dx, 0.5f));
        }
        TensorRange table = Reals(300 * Columns), grown = Reals(300 * Columns), rows = Reals(Rows * Columns), ids = Integers(Rows), gradient = Reals(300 * Columns);
        device.Upload([.. Enumerable.Range(0, Rows).Select(i => i % 3 == 0 ? 7 : (i * 31 % 310) - 5)], ids);
        Add("gather rows", () => device.GatherRows(Columns, table, ids, rows));
        Add("scatter rows", () => device.ScatterRows(Columns, ids, rows, gradient));
        Add("scatter rows added", () => device.ScatterRows(Columns, ids, rows, grown, 1));
    }
}
