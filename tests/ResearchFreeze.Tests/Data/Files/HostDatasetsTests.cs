using System.Security.Cryptography;
using ResearchFreeze.Data;

namespace ResearchFreeze.Tests.Training;

public sealed class HostDatasetsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_default_is_embedded_and_balanced()
    {
        DataSplits data = HostDatasets.Load();
        Assert.Equal(HostDatasets.FashionMnistSmallName, data.Name);
        Assert.Equal((10000, 1000, 2000), (data.Train.Count, data.Validation.Count, data.Test.Count));
        Assert.Equal([28, 28], data.SampleShape);
        Assert.Equal(10, data.ClassCount);
        foreach (HostDataSet set in Parts(data))
        {
            int[] perClass = [.. set.Labels.CountBy(label => label).Select(pair => pair.Value)];
            Assert.Equal(10, perClass.Length);
            Assert.All(perClass, count => Assert.Equal(set.Count / 10, count));
        }
    }

    [Fact]
    public void No_image_of_the_default_is_in_two_parts_or_twice_in_one()
    {
        DataSplits data = HostDatasets.FashionMnistSmall();
        string[] all = [.. Parts(data).SelectMany(Hashes)];
        Assert.Equal(all.Length, all.Distinct().Count());
    }

    [Fact]
    public void The_constants_are_those_of_the_training_set()
    {
        DataSplits data = HostDatasets.FashionMnistSmall();
        Assert.All(Parts(data), set => Assert.Equal(data.Train.Normalisation, set.Normalisation));
        Assert.Equal(0.286, data.Train.Normalisation!.Means[0], 0.002);
        Assert.Equal(0.353, data.Train.Normalisation.Deviations[0], 0.002);
        double sum = 0, squares = 0;
        var sample = new float[784];
        for (int id = 0; id < data.Train.Count; id++)
        {
            data.Train.CopySample(id, sample);
            foreach (float value in sample) (sum, squares) = (sum + value, squares + ((double)value * value));
        }
        Assert.Equal(0, sum / 7840000, 1e-5);
        Assert.Equal(1, squares / 7840000, 1e-5);
    }

    [Fact]
    public void The_default_is_made_of_the_packages_images()
    {
        string source = HostDatasets.DebianFolder;
        Assert.SkipUnless(Directory.Exists(source), $"The package {HostDatasets.DebianPackage} is not installed.");
        foreach ((string part, string file) in new[] { ("train", "train"), ("validation", "train"), ("test", "t10k") })
        {
            HashSet<string> known = [.. Labelled(Path.Combine(source, file))];
            Assert.All(Labelled($"{RepositoryRoot()}/data/{HostDatasets.FashionMnistSmallName}/{part}"), image => Assert.Contains(image, known));
        }

        static IEnumerable<string> Labelled(string path)
        {
            IdxData images = IdxFile.Read($"{path}-images-idx3-ubyte.gz", 3), labels = IdxFile.Read($"{path}-labels-idx1-ubyte.gz", 1);
            return labels.Values.Select((label, id) => $"{label} {Convert.ToHexString(SHA256.HashData(images.Values.AsSpan(id * 784, 784)))}");
        }
    }

    [Fact]
    public void The_embedded_files_are_the_committed_ones()
    {
        DataSplits committed = HostDatasets.Load($"{RepositoryRoot()}/data/{HostDatasets.FashionMnistSmallName}");
        foreach ((HostDataSet file, HostDataSet embedded) in Parts(committed).Zip(Parts(HostDatasets.FashionMnistSmall())))
        {
            Assert.Equal(file.Labels, embedded.Labels);
            Assert.Equal(Hashes(file), Hashes(embedded));
        }
    }

    [Fact]
    public void The_full_set_is_split()
    {
        Assert.SkipUnless(Directory.Exists(HostDatasets.DebianFolder), $"The package {HostDatasets.DebianPackage} is not installed.");
        DataSplits data = HostDatasets.Load("fashion-mnist");
        Assert.Equal("fashion-mnist", data.Name);
        Assert.Equal((55000, 5000, 10000), (data.Train.Count, data.Validation.Count, data.Test.Count));
        Assert.All(Enumerable.Range(0, 10), label => Assert.InRange(data.Validation.Labels.Count(other => other == label), 400, 600));
    }

    [Fact]
    public void A_missing_package_says_how_to_install_it()
    {
        string absent = Path.Combine(folder.Root, "absent");
        var error = Assert.Throws<DirectoryNotFoundException>(() => HostDatasets.FashionMnist(absent));
        Assert.Equal($"fashion-mnist: no folder {absent}; install it with: apt-get install dataset-fashion-mnist", error.Message);
    }

    [Theory]
    [InlineData("cifar")]
    [InlineData("")]
    public void An_unknown_name_lists_the_known_ones(string name)
    {
        var error = Assert.Throws<ArgumentException>(() => HostDatasets.Load(name));
        Assert.Equal(
            $"'{name}' is no data set: known are agnews, cifar10, cifar100, csv, fashion-mnist, fashion-mnist-small, glue, hf, idx, imdb, jsonl, parquet, text, wordnet-nouns, wordnet-pos, wordnet-verbs, "
            + "or the path of a folder with train-images-idx3-ubyte[.gz] and its companions.",
            error.Message);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_folder_is_split_without_overlap_and_always_alike(bool compress)
    {
        folder.WritePart("train", 120, id => id % 3, compress: compress);
        folder.WritePart("t10k", 7, id => id % 2, compress: compress);
        DataSplits data = HostDatasets.Load(folder.Root);
        Assert.Equal((110, 10, 7), (data.Train.Count, data.Validation.Count, data.Test.Count));
        Assert.Equal([2, 3], data.SampleShape);
        Assert.Equal(3, data.ClassCount);
        // An image's pixels are its id in the file.
        byte[] train = Pixels(data.Train), validation = Pixels(data.Validation);
        Assert.Equal(Enumerable.Range(0, 120).Select(id => (byte)id), train.Concat(validation).Order());
        Assert.Equal(train.Order(), train);
        Assert.Equal(train.Select(id => id % 3), data.Train.Labels);
        Assert.Equal(validation.Select(id => id % 3), data.Validation.Labels);
        Assert.Equal(validation, Pixels(HostDatasets.Load(folder.Root).Validation));
        Assert.Equal(train.Average(id => id / 255.0), data.Train.Normalisation!.Means[0], 1e-12);
    }

    [Fact]
    public void A_folders_own_validation_set_is_used()
    {
        folder.WritePart("train", 12, id => id % 3);
        folder.WritePart("validation", 5, id => id % 3);
        folder.WritePart("test", 4, id => id % 3);
        DataSplits data = HostDatasets.Load(folder.Root);
        Assert.Equal((12, 5, 4), (data.Train.Count, data.Validation.Count, data.Test.Count));
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        folder.WritePart("train", 12, id => 0);
        var error = Assert.Throws<FileNotFoundException>(() => HostDatasets.Load(folder.Root));
        Assert.Equal($"{folder.Root}: no file t10k-images-idx3-ubyte or t10k-images.idx3-ubyte, plain or .gz.", error.Message);
    }

    [Fact]
    public void Counts_of_images_and_labels_must_agree()
    {
        folder.WritePart("train", 12, id => 0);
        folder.WritePart("t10k", 4, id => 0);
        string labels = Path.Combine(folder.Root, "t10k-labels-idx1-ubyte");
        IdxFile.Write(labels, new IdxData([3], [0, 0, 0]), compress: false);
        AssertRefused($"{labels}: expected 4 labels, as many as {folder.Root}/t10k-images-idx3-ubyte has images, found 3.");
    }

    [Fact]
    public void A_test_label_that_training_never_saw_is_refused()
    {
        folder.WritePart("train", 12, id => id % 2);
        folder.WritePart("t10k", 4, id => id);
        AssertRefused($"{folder.Root}/t10k-labels-idx1-ubyte: expected labels in [0, 2), found 2 at sample 2.");
    }

    [Fact]
    public void A_validation_label_that_training_never_saw_is_refused()
    {
        folder.WritePart("train", 12, id => id % 2);
        folder.WritePart("validation", 4, id => id);
        folder.WritePart("t10k", 4, id => 0);
        AssertRefused($"{folder.Root}/validation-labels-idx1-ubyte: expected labels in [0, 2), found 2 at sample 2.");
    }

    [Fact]
    public void Images_of_another_size_are_refused()
    {
        folder.WritePart("train", 12, id => 0);
        folder.WritePart("t10k", 4, id => 0, width: 4);
        AssertRefused(
            $"{folder.Root}/t10k-images-idx3-ubyte: expected images of 2 × 3, as in {folder.Root}/train-images-idx3-ubyte, found 2 × 4.");
    }

    [Fact]
    public void One_image_cannot_be_split()
    {
        folder.WritePart("train", 1, id => 0);
        folder.WritePart("t10k", 1, id => 0);
        AssertRefused($"{folder.Root}/train-labels-idx1-ubyte: expected at least two images, one of them for validation, found 1.");
    }

    [Fact]
    public void A_package_with_other_labels_is_refused()
    {
        folder.WritePart("train", 12, id => 10);
        folder.WritePart("t10k", 4, id => 0);
        var error = Assert.Throws<DataFormatException>(() => HostDatasets.FashionMnist(folder.Root));
        Assert.EndsWith("expected labels in [0, 10), found 10 at sample 0.", error.Message);
    }

    private void AssertRefused(string message)
    {
        Assert.Equal(message, Assert.Throws<DataFormatException>(() => HostDatasets.Load(folder.Root)).Message);
    }

    private static HostDataSet[] Parts(DataSplits data) => [data.Train, data.Validation, data.Test];

    private static IEnumerable<string> Hashes(HostDataSet set)
    {
        var sample = new float[set.SampleSize];
        for (int id = 0; id < set.Count; id++)
        {
            set.CopySample(id, sample);
            yield return Convert.ToHexString(SHA256.HashData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(sample.AsSpan())));
        }
    }

    private static byte[] Pixels(HostDataSet set)
    {
        var sample = new float[set.SampleSize];
        return [.. Enumerable.Range(0, set.Count).Select(id =>
        {
            set.CopySample(id, sample);
            return (byte)Math.Round(255 * ((sample[0] * set.Normalisation!.Deviations[0]) + set.Normalisation.Means[0]));
        })];
    }

    private static string RepositoryRoot()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "ResearchFreeze.sln"))) at = at.Parent;
        return at?.FullName ?? throw new DirectoryNotFoundException("The tests do not run inside the repository.");
    }
}
