using ResearchFreeze.Autograd;

namespace ResearchFreeze.Data;

/// <summary>Data sets by name.</summary>
public static class Datasets
{
    /// <summary>10,000 training, 1,000 validation and 2,000 test images of Fashion-MNIST, which the library ships.</summary>
    public static DataSets FashionMnistSmall(Device device, ulong seed) => DataSets.On(HostDatasets.FashionMnistSmall(), device, seed);

    /// <summary>CIFAR-10 from a folder of its binary files; see <see cref="HostDatasets.Cifar10"/>.</summary>
    public static DataSets Cifar10(string folder, Device device, ulong seed, Augmentation? augmentation = null) => DataSets.On(HostDatasets.Cifar10(folder), device, seed, augmentation);

    /// <summary>CIFAR-100 with its fine labels from a folder of its binary files; see <see cref="HostDatasets.Cifar100"/>.</summary>
    public static DataSets Cifar100(string folder, Device device, ulong seed, Augmentation? augmentation = null) => DataSets.On(HostDatasets.Cifar100(folder), device, seed, augmentation);

    /// <summary>A CSV file; see <see cref="HostDatasets.Csv(string, CsvOptions)"/>.</summary>
    public static DataSets Csv(string path, Device device, ulong seed, CsvOptions? options = null) => DataSets.On(HostDatasets.Csv(path, options), device, seed);

    /// <summary>A data set as it is written on the command line, or a folder of IDX files.</summary>
    public static DataSets Load(string nameOrPath, Device device, ulong seed, Augmentation? augmentation = null) => DataSets.On(HostDatasets.Load(nameOrPath), device, seed, augmentation);
}
