using ResearchFreeze.Data;

namespace ResearchFreeze.Tests.Training;

public sealed class CifarTests : IDisposable
{
    private const int Plane = 32 * 32;
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Planes_become_channels()
    {
        WriteTen(8);
        DataSplits data = HostDatasets.Load($"cifar10:{folder.Root}");
        Assert.Equal("cifar10", data.Name);
        Assert.Equal((37, 3, 8), (data.Train.Count, data.Validation.Count, data.Test.Count));
        Assert.Equal([32, 32, 3], data.SampleShape);
        Assert.Equal(10, data.ClassCount);
        var sample = new float[3 * Plane];
        // Image i of the test file: red is i, green is the row, blue 200 less the column.
        for (int i = 0; i < 8; i++)
        {
            data.Test.CopySample(i, sample);
            Assert.Equal(i % 10, data.Test.Labels[i]);
            foreach ((int y, int x) in new[] { (0, 0), (1, 0), (0, 1), (17, 5), (31, 31) })
            {
                int[] pixel = [.. Enumerable.Range(0, 3).Select(channel => Stored(data.Test, sample[(((y * 32) + x) * 3) + channel], channel))];
                Assert.Equal([i, y, 200 - x], pixel);
            }
        }
    }

    [Fact]
    public void Training_files_follow_each_other_and_are_split_without_overlap()
    {
        WriteTen(8);
        DataSplits data = HostDatasets.Cifar10(folder.Root);
        int[] train = Ids(data.Train), validation = Ids(data.Validation);
        Assert.Equal(Enumerable.Range(0, 40), train.Concat(validation).Order());
        Assert.Equal(train.Order(), train);
        Assert.Equal(validation, Ids(HostDatasets.Cifar10(folder.Root).Validation));
        Assert.Equal(train.Select(id => id % 10), data.Train.Labels);

        static int[] Ids(HostDataSet set)
        {
            var sample = new float[3 * Plane];
            return [.. Enumerable.Range(0, set.Count).Select(index =>
            {
                set.CopySample(index, sample);
                return Stored(set, sample[0], 0);
            })];
        }
    }

    [Fact]
    public void Each_channel_has_its_constants_of_the_training_part()
    {
        WriteTen(8);
        DataSplits data = HostDatasets.Cifar10(folder.Root);
        Assert.Equal(3, data.Train.Normalisation!.Channels);
        // Rows 0 … 31 and 200 less columns 0 … 31: means 15.5 and 184.5, the variance of 32 numbers in a row (32² − 1) / 12.
        Assert.Equal(15.5 / 255, data.Train.Normalisation.Means[1], 1e-12);
        Assert.Equal(184.5 / 255, data.Train.Normalisation.Means[2], 1e-12);
        Assert.All(data.Train.Normalisation.Deviations.Skip(1), deviation => Assert.Equal(Math.Sqrt(1023 / 12.0) / 255, deviation, 1e-12));
        Assert.Equal(data.Train.Normalisation, data.Test.Normalisation);
        double[] sums = new double[3], squares = new double[3];
        var sample = new float[3 * Plane];
        for (int index = 0; index < data.Train.Count; index++)
        {
            data.Train.CopySample(index, sample);
            for (int i = 0; i < sample.Length; i++) (sums[i % 3], squares[i % 3]) = (sums[i % 3] + sample[i], squares[i % 3] + ((double)sample[i] * sample[i]));
        }
        Assert.All(sums, sum => Assert.Equal(0, sum / (37 * Plane), 1e-5));
        Assert.All(squares, square => Assert.Equal(1, square / (37 * Plane), 1e-5));
    }

    [Fact]
    public void Constants_may_be_given()
    {
        WriteTen(8);
        DataSplits data = HostDatasets.Load($"cifar10:{folder.Root},mean=0.5+0.25+0,deviation=1+0.5+2");
        var sample = new float[3 * Plane];
        data.Test.CopySample(3, sample);
        Assert.Equal([(3 / 255f) - 0.5f, -0.5f, 100 / 255f], sample[..3], (a, b) => MathF.Abs(a - b) < 1e-6f);
        HostDatasets.Load($"cifar10:{folder.Root},mean=0,deviation=1").Test.CopySample(3, sample);
        Assert.Equal([3 / 255f, 0, 200 / 255f], sample[..3], (a, b) => MathF.Abs(a - b) < 1e-6f);
    }

    [Fact]
    public void A_hundred_classes_have_fine_and_coarse_labels()
    {
        folder.Write("train.bin", Images(24, i => [(byte)(i % 20), (byte)(99 - i)]));
        folder.Write("test.bin", Images(4, i => [(byte)(i + 16), (byte)(i + 96)]));
        File.WriteAllLines(Path.Combine(folder.Root, "coarse_label_names.txt"), Enumerable.Range(0, 20).Select(c => $"group {c}"));
        DataSplits fine = HostDatasets.Load($"cifar100:{folder.Root}"), coarse = HostDatasets.Load($"cifar100:{folder.Root},labels=coarse");
        Assert.Equal((100, 20), (fine.ClassCount, coarse.ClassCount));
        Assert.Equal([96, 97, 98, 99], fine.Test.Labels);
        Assert.Equal([16, 17, 18, 19], coarse.Test.Labels);
        Assert.Null(fine.Train.ClassNames);
        Assert.Equal("group 19", coarse.Test.ClassNames![19]);
        Assert.Equal("group 19", HostDatasets.Load($"cifar100:{folder.Root},labels=coarse,classes=19+0-18").Test.ClassNames![0]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3072)]
    [InlineData(3074)]
    public void A_file_of_another_length_is_refused(int length)
    {
        WriteTen(2);
        string path = folder.Write("data_batch_4.bin", new byte[length]);
        Assert.Equal(
            $"{path}: expected whole CIFAR-10 records of 3073 bytes, at least one, found {length} bytes.",
            Assert.Throws<DataFormatException>(() => HostDatasets.Cifar10(folder.Root)).Message);
    }

    [Fact]
    public void A_label_out_of_range_is_refused()
    {
        WriteTen(2);
        string path = folder.Write("test_batch.bin", Images(3, i => [(byte)(8 + i)]));
        Assert.Equal($"{path}: expected labels in [0, 10), found 10 in record 2.", Assert.Throws<DataFormatException>(() => HostDatasets.Cifar10(folder.Root)).Message);
        folder.Write("train.bin", Images(3, i => [0, 0]));
        path = folder.Write("test.bin", Images(3, i => [20, 99]));
        Assert.Equal(4, HostDatasets.Cifar100(folder.Root).Test.Count + 1);
        Assert.Equal($"{path}: expected labels in [0, 20), found 20 in record 0.", Assert.Throws<DataFormatException>(() => HostDatasets.Cifar100(folder.Root, coarse: true)).Message);
    }

    [Fact]
    public void A_missing_file_and_bad_names_are_named()
    {
        WriteTen(2);
        string names = folder.Write("batches.meta.txt", "cat\ndog\n"u8.ToArray());
        Assert.Equal($"{names}: expected 10 names, one a line, found 2.", Assert.Throws<DataFormatException>(() => HostDatasets.Cifar10(folder.Root)).Message);
        string path = Path.Combine(folder.Root, "data_batch_5.bin");
        File.Delete(path);
        Assert.Equal($"{path}: no such file; expected the binary version of CIFAR-10.", Assert.Throws<FileNotFoundException>(() => HostDatasets.Cifar10(folder.Root)).Message);
    }

    /// <summary>Five training files and a test file; red counts through the training files.</summary>
    private void WriteTen(int imagesAFile)
    {
        for (int file = 0; file < 5; file++)
        {
            int first = file * imagesAFile;
            folder.Write($"data_batch_{file + 1}.bin", Images(imagesAFile, i => [(byte)((first + i) % 10)], first));
        }
        folder.Write("test_batch.bin", Images(imagesAFile, i => [(byte)(i % 10)]));
    }

    private static byte[] Images(int count, Func<int, byte[]> labels, int first = 0)
    {
        IEnumerable<byte> Image(int i) =>
        [
            .. labels(i), .. Enumerable.Repeat((byte)(first + i), Plane), .. Enumerable.Range(0, Plane).Select(at => (byte)(at / 32)), .. Enumerable.Range(0, Plane).Select(at => (byte)(200 - (at % 32))),
        ];
        return [.. Enumerable.Range(0, count).SelectMany(Image)];
    }

    private static int Stored(HostDataSet set, float value, int channel) =>
        (int)Math.Round(255 * ((value * set.Normalisation!.Deviations[channel]) + set.Normalisation.Means[channel]));
}
