/** Every English text of the page that is not a feature's own. */
export const texts = {
  shell: {
    product: 'rengarde',
    navigation: 'Views',
  },
  views: {
    now: 'Now',
    day: '24 hours',
    outages: 'Outages',
    whatIf: 'What if',
  },
};
